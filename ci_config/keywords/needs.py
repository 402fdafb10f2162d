"""`needs` and `dependencies`: which jobs to wait for, and whose artifacts to download.

Jobs of other projects and pipelines are not waited for; only their artifacts are taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Location, describe, quote
from ci_config.inputs.blocks import MATRIX, OPENING, Scope, find_blocks
from ci_config.inputs.functions import BadBlock
from ci_config.keywords.parallel import Instance, matrix, matrix_suffix
from ci_config.limits import MAX_NEEDS, MAX_NEEDS_ELSEWHERE
from ci_config.validators import Validator, boolean, fields, flatten, list_of, name


@dataclass(frozen=True, slots=True)
class NeedEntry:
    """One entry of `needs`, before it is known which jobs the pipeline has."""

    at: Location
    job: str
    artifacts: bool = True
    optional: bool = False
    instances: tuple[Instance, ...] | None = None  # instances of a parallel job; None: all

    def instances_for(self, needing: Instance) -> tuple[Instance, ...] | None:
        """The instances that one instance of a job needs, with its values for `$[[ matrix.NAME ]]`. Raises Invalid."""
        if self.instances is None or not any(OPENING in instance.suffix for instance in self.instances):
            return self.instances
        scope = Scope({MATRIX: dict(needing.variables)})
        return tuple(self.with_values(instance, scope) for instance in self.instances)

    def with_values(self, instance: Instance, scope: Scope) -> Instance:
        pairs = tuple((key, self.with_matrix_values(value, scope)) for key, value in instance.variables)
        return Instance(matrix_suffix(pairs), instance.index, instance.total, pairs)

    def with_matrix_values(self, text: str, scope: Scope) -> str:
        parts, position = [], 0
        for block in find_blocks(text):
            try:
                parts += [text[position : block.start], str(scope.value(block))]
            except BadBlock as error:
                raise self.at.under("parallel").error(f"{error}; the matrix of this job has to have it.") from error
            position = block.end
        return "".join([*parts, text[position:]])

    def overlaps(self, other: NeedEntry) -> bool:
        """Whether both entries name the same job, or the same parallel instance of it."""
        if self.job != other.job or self.instances is None or other.instances is None:
            return self.job == other.job
        return not {one.suffix for one in self.instances}.isdisjoint(one.suffix for one in other.instances)


@dataclass(frozen=True, slots=True)
class NeedElsewhere:
    """An entry of `needs` that names a job of another project, or of another pipeline. Its texts may hold variables."""

    at: Location
    job: str
    project: str = ""
    ref: str = ""
    pipeline: str = ""
    artifacts: bool = True

    def as_dict(self) -> dict[str, str]:
        texts = {"project": self.project, "ref": self.ref, "pipeline": self.pipeline, "job": self.job}
        return {key: text for key, text in texts.items() if text}


Needs = Sequence[NeedEntry | NeedElsewhere]


def of_this_pipeline(needs: Needs) -> list[NeedEntry]:
    return [need for need in needs if isinstance(need, NeedEntry)]


def of_elsewhere(needs: Needs) -> list[NeedElsewhere]:
    """Those whose artifacts are wanted."""
    return [need for need in needs if isinstance(need, NeedElsewhere) and need.artifacts]


def needs(value: Any, at: Location) -> Needs:
    """A list of jobs, or a map for one job. Empty entries are ignored."""
    entries = need_entries(value, at)
    for what in ("project", "pipeline"):
        found = [entry for entry in entries if isinstance(entry, NeedElsewhere) and getattr(entry, what)]
        if len(found) > MAX_NEEDS_ELSEWHERE:
            raise found[-1].at.error(f"{len(found)} entries have a `{what}`; {MAX_NEEDS_ELSEWHERE} may.")
    own = of_this_pipeline(entries)
    for number, entry in enumerate(own):
        if any(entry.overlaps(other) for other in own[:number]):
            raise entry.at.error(f"{quote(entry.job)} stands here twice.")
    return entries


def needs_of_this_pipeline(reason: str) -> Validator[Needs]:
    """As `needs`, where no artifacts come from elsewhere. `reason`: a clause that says why."""

    def read(value: Any, at: Location) -> Needs:
        entries = needs(value, at)
        for entry in entries:
            if isinstance(entry, NeedElsewhere):
                raise entry.at.error(f"{reason}, so it names jobs of this pipeline only.")
        return entries

    return read


def need_entries(value: Any, at: Location) -> list[NeedEntry | NeedElsewhere]:
    if isinstance(value, YamlMap):
        return [need_entry(value, at)]
    if not isinstance(value, YamlList):
        raise at.error(f"{describe(value)} should be a list of jobs; `[]` starts the job at once.")
    items = [(item, place) for item, place in flatten(value, at) if item is not None]
    if len(items) > MAX_NEEDS:
        raise at.error(f"the list has {len(items)} entries; {MAX_NEEDS} are allowed.")
    return [need_entry(item, place) for item, place in items]


RUNS_NOTHING = (
    "without `job` the status of another project's pipeline is taken over, by a job that runs nothing itself and needs "
    "nothing else; name the `job` whose artifacts are meant."
)
NO_MATRIX = "name the one instance that is meant as `job`, such as “test: [a, b]”."


def need_entry(value: Any, at: Location) -> NeedEntry | NeedElsewhere:
    if not isinstance(value, YamlMap):
        return NeedEntry(at, name(value, at))
    if "project" in value or "pipeline" in value or "ref" in value:
        return need_elsewhere(value, at)
    table = {"job": name, "artifacts": boolean, "optional": boolean, "parallel": matrix_instances}
    spec = fields(value, at, table, required=["job"])
    return NeedEntry(at, spec["job"], spec.get("artifacts", True), spec.get("optional", False), spec.get("parallel"))


def need_elsewhere(value: YamlMap, at: Location) -> NeedElsewhere:
    if "parallel" in value:
        raise at.under("parallel", value.marks["parallel"]).error(NO_MATRIX)
    if "pipeline" in value and "job" not in value:
        raise at.under("pipeline", value.marks["pipeline"]).error(RUNS_NOTHING)
    if "pipeline" in value:
        spec = fields(value, at, {"pipeline": name, "job": name, "artifacts": boolean}, required=["pipeline", "job"])
    else:
        table: dict[str, Validator[Any]] = {"project": name, "ref": name, "job": name, "artifacts": boolean}
        spec = fields(value, at, table, required=["project", "ref", "job"])
    return NeedElsewhere(at, **spec)


def is_upstream(value: Any) -> bool:
    """Whether the entry names the project whose pipeline's status the job takes over."""
    only = value[0] if isinstance(value, YamlList) and len(value) == 1 else value
    return isinstance(only, YamlMap) and "pipeline" in only and "job" not in only


def upstream(value: Any, at: Location) -> str:
    """The project of `{pipeline: project}`, for which `is_upstream` holds."""
    only = value[0] if isinstance(value, YamlList) else value
    return str(fields(only, at, {"pipeline": name}, required=["pipeline"])["pipeline"])


def matrix_instances(value: Any, at: Location) -> tuple[Instance, ...]:
    return tuple(fields(value, at, {"matrix": matrix}, required=["matrix"])["matrix"])


def dependencies(value: Any, at: Location) -> list[str]:
    return list_of(name, max_items=10 * MAX_NEEDS)(value, at)
