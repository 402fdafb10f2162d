"""One job of the file: its keywords, and the defaults it inherits, read by the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.config.defaults import Default
from jobs.config.errors import Place, Problems, described, suggestion
from jobs.config.keywords.parallel import Instance
from jobs.config.keywords.table import LATER, SCRIPT, TRIGGER
from jobs.config.limits import NAME, Budget
from jobs.config.tree import Map


@dataclass(slots=True)
class Draft:
    """A job whose keywords are valid, each by itself; whether the pipeline has it is not asked yet."""

    name: str
    at: Place
    keywords: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def stage(self) -> str:
        return str(self.keywords.get("stage", "test"))

    @property
    def instances(self) -> list[Instance]:
        """Itself, or its parallel copies."""
        return self.keywords.get("parallel") or [Instance()]

    def place(self, keyword: str) -> Place:
        return self.places.get(keyword, self.at)


def read_job(
    name: str, job: Any, at: Place, defaults: Mapping[str, Default], budget: Budget, problems: Problems
) -> Draft:
    """Wrong keywords go to `problems` and are missing in the draft. Raises Invalid when this is no job at all."""
    check_shape(name, job, at)
    table = TRIGGER if "trigger" in job else SCRIPT
    draft = Draft(name, at)
    for keyword, value in job.items():
        draft.places[keyword] = place = at.under(keyword, job.marks[keyword])
        with problems.noted():
            if keyword not in table:
                raise unknown(keyword, table, place)
            budget.charge(value, place.mark)
            if value is not None:
                draft.keywords[keyword] = table[keyword](value, place)
    for keyword, default in inherited(job, defaults).items():
        budget.spend(default.weight, at.mark)
        draft.keywords[keyword], draft.places[keyword] = default.value, default.at
    return draft


def check_shape(name: str, job: Any, at: Place) -> None:
    if not isinstance(job, Map):
        raise at.wrong(f"{described(job)} should be a map: a job, with `script` or `trigger`.")
    if not name or len(name) > NAME:
        raise at.wrong(f"a job's name has 1 to {NAME} characters.")
    if job.get("script") is None and job.get("trigger") is None and "run" not in job:
        raise at.wrong("a job needs `script`, what to run, or `trigger`; a template's name begins with a dot.")


def inherited(job: Map, defaults: Mapping[str, Default]) -> dict[str, Default]:
    """The defaults this job wants and does not set itself."""
    inherit = job.get("inherit")
    wish = inherit.get("default", True) if isinstance(inherit, Map) else True
    if wish is False:
        return {}
    table = TRIGGER if "trigger" in job else SCRIPT
    names = [key for key in defaults if key in table and job.get(key) is None]
    return {key: defaults[key] for key in names if not isinstance(wish, list) or key in wish}


def unknown(keyword: str, table: dict[str, Any], at: Place) -> Exception:
    if keyword in LATER:
        return at.wrong("this keyword is not supported here yet; the job needs to do without it.")
    if keyword in SCRIPT:
        return at.wrong("this keyword does not go with `trigger`, which starts a pipeline and runs nothing itself.")
    if keyword == "trigger":
        return at.wrong("`trigger` is empty; it names a project, or `include` for a child pipeline.")
    return at.wrong(f"unknown keyword{suggestion(keyword, list(table)) or '; a job has no such part.'}")
