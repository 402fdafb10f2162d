"""`needs` and `dependencies`: which jobs to wait for, and whose artifacts to download."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Location, describe, quote
from ci_config.inputs.blocks import MATRIX, OPENING, Scope, find_blocks
from ci_config.inputs.functions import BadBlock
from ci_config.keywords.parallel import Instance, matrix, matrix_suffix
from ci_config.limits import MAX_NEEDS
from ci_config.validators import boolean, fields, flatten, list_of, name


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


def needs(value: Any, at: Location) -> list[NeedEntry]:
    """A list of jobs, or a map for one job. Empty entries are ignored."""
    if isinstance(value, YamlMap):
        return [need_entry(value, at)]
    if not isinstance(value, YamlList):
        raise at.error(f"{describe(value)} should be a list of jobs; `[]` starts the job at once.")
    items = [(item, place) for item, place in flatten(value, at) if item is not None]
    if len(items) > MAX_NEEDS:
        raise at.error(f"the list has {len(items)} entries; {MAX_NEEDS} are allowed.")
    entries = [need_entry(item, place) for item, place in items]
    for number, entry in enumerate(entries):
        if any(entry.overlaps(other) for other in entries[:number]):
            raise entry.at.error(f"{quote(entry.job)} stands here twice.")
    return entries


def need_entry(value: Any, at: Location) -> NeedEntry:
    if not isinstance(value, YamlMap):
        return NeedEntry(at, name(value, at))
    table = {"job": name, "artifacts": boolean, "optional": boolean, "parallel": matrix_instances}
    spec = fields(value, at, table, required=["job"], unsupported=["project", "pipeline", "ref"])
    return NeedEntry(at, spec["job"], spec.get("artifacts", True), spec.get("optional", False), spec.get("parallel"))


def matrix_instances(value: Any, at: Location) -> tuple[Instance, ...]:
    return tuple(fields(value, at, {"matrix": matrix}, required=["matrix"])["matrix"])


def dependencies(value: Any, at: Location) -> list[str]:
    return list_of(name, max_items=10 * MAX_NEEDS)(value, at)
