"""Parses one job of the file: its own keywords and the inherited defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.errors import Location, Problems, describe, suggestion
from ci_config.jobs.defaults import DefaultValue
from ci_config.keywords.needs import is_upstream
from ci_config.keywords.parallel import Instance
from ci_config.keywords.table import MIRROR_KEYWORDS, SCRIPT_KEYWORDS, TRIGGER_KEYWORDS
from ci_config.keywords.unsupported import UNSUPPORTED_KEYWORDS, refusal
from ci_config.limits import Budget
from ci_config.validators import name_problem


@dataclass(slots=True)
class JobDefinition:
    """A job of the file whose keywords are valid by themselves, before rules decide whether the pipeline has it."""

    name: str
    at: Location
    keywords: dict[str, Any] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    is_valid: bool = False  # without mistakes; only valid jobs are compared with others

    @property
    def stage(self) -> str:
        return str(self.keywords.get("stage", "test"))

    @property
    def instances(self) -> list[Instance]:
        """The parallel instances of the job; one if it has no `parallel`."""
        return self.keywords.get("parallel") or [Instance()]

    def location(self, keyword: str) -> Location:
        return self.locations.get(keyword, self.at)


def parse_job(
    name: str, job: Any, at: Location, defaults: Mapping[str, DefaultValue], budget: Budget, problems: Problems
) -> JobDefinition:
    """Parse a job. Mistakes go to `problems`; invalid keywords are missing in the result."""
    definition = JobDefinition(name, at)
    before = problems.count
    with problems.collect_errors():
        check_shape(name, job, at)
        parse_keywords(definition, job, budget, problems)
        inherit(definition, job, defaults, budget)
    definition.is_valid = problems.count == before
    return definition


def parse_keywords(definition: JobDefinition, job: YamlMap, budget: Budget, problems: Problems) -> None:
    table = table_of(job)
    for keyword, value in job.items():
        definition.locations[keyword] = place = definition.at.under(keyword, job.marks[keyword])
        with problems.collect_errors():
            if keyword not in table:
                raise unknown_keyword(keyword, value, table, place)
            budget.charge(value, place.mark)
            if value is not None:
                definition.keywords[keyword] = table[keyword](value, place)
    if table is MIRROR_KEYWORDS and "needs" in definition.keywords:
        definition.keywords["trigger"] = {"upstream": definition.keywords.pop("needs")}


def table_of(job: YamlMap) -> dict[str, Any]:
    """The keywords that this kind of job may have."""
    if "trigger" in job:
        return TRIGGER_KEYWORDS
    mirrors = job.get("script") is None and "run" not in job and is_upstream(job.get("needs"))
    return MIRROR_KEYWORDS if mirrors else SCRIPT_KEYWORDS


def inherit(definition: JobDefinition, job: YamlMap, defaults: Mapping[str, DefaultValue], budget: Budget) -> None:
    for keyword, default in inherited_defaults(job, defaults).items():
        budget.spend(default.weight, definition.at.mark)
        definition.keywords[keyword], definition.locations[keyword] = default.value, default.at


def check_shape(name: str, job: Any, at: Location) -> None:
    if not isinstance(job, YamlMap):
        raise at.error(f"{describe(job)} should be a map: a job, with `script` or `trigger`.")
    if problem := name_problem(name) or ("" if name.strip() else "the job's name is empty."):
        raise at.error(problem)
    if all(job.get(keyword) is None for keyword in ("script", "trigger", "run")) and not is_upstream(job.get("needs")):
        raise at.error("a job needs `script`, what to run, or `trigger`; a template's name begins with a dot.")


def inherited_defaults(job: YamlMap, defaults: Mapping[str, DefaultValue]) -> dict[str, DefaultValue]:
    """The defaults that the job inherits and does not set itself."""
    inherit = job.get("inherit")
    wish = inherit.get("default", True) if isinstance(inherit, YamlMap) else True
    if wish is False:
        return {}
    table = table_of(job)
    names = [key for key in defaults if key in table and job.get(key) is None]
    return {key: defaults[key] for key in names if not isinstance(wish, list) or key in wish}


def unknown_keyword(keyword: str, value: Any, table: dict[str, Any], at: Location) -> Exception:
    if keyword in UNSUPPORTED_KEYWORDS:
        return refusal(keyword, value, at)
    if table is MIRROR_KEYWORDS and keyword in SCRIPT_KEYWORDS:
        return at.error("this keyword does not go with `needs: pipeline` without `job`, which runs nothing itself.")
    if keyword in SCRIPT_KEYWORDS:
        return at.error("this keyword does not go with `trigger`, which starts a pipeline and runs nothing itself.")
    if keyword == "trigger":
        return at.error("`trigger` is empty; it names a project, or `include` for a child pipeline.")
    return at.error(f"unknown keyword{suggestion(keyword, list(table)) or '; a job has no such part.'}")
