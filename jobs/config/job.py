"""One job of the file: its keywords, and the defaults it inherits, read by the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.config.defaults import Default
from jobs.config.errors import Place, Problems, described, suggestion
from jobs.config.keywords.parallel import Instance
from jobs.config.keywords.table import LATER, SCRIPT, TRIGGER
from jobs.config.limits import Budget
from jobs.config.shapes import unfit_name
from jobs.config.tree import Map


@dataclass(slots=True)
class Draft:
    """A job whose keywords are valid, each by itself; whether the pipeline has it is not asked yet."""

    name: str
    at: Place
    keywords: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    whole: bool = False  # nothing was wrong; only then does it make sense to compare it with other jobs

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
    """What is wrong goes to `problems` and is missing in the draft."""
    draft = Draft(name, at)
    before = problems.count
    with problems.noted():
        check_shape(name, job, at)
        read_keywords(draft, job, budget, problems)
        inherit(draft, job, defaults, budget)
    draft.whole = problems.count == before
    return draft


def read_keywords(draft: Draft, job: Map, budget: Budget, problems: Problems) -> None:
    table = TRIGGER if "trigger" in job else SCRIPT
    for keyword, value in job.items():
        draft.places[keyword] = place = draft.at.under(keyword, job.marks[keyword])
        with problems.noted():
            if keyword not in table:
                raise unknown(keyword, table, place)
            budget.charge(value, place.mark)
            if value is not None:
                draft.keywords[keyword] = table[keyword](value, place)


def inherit(draft: Draft, job: Map, defaults: Mapping[str, Default], budget: Budget) -> None:
    for keyword, default in inherited(job, defaults).items():
        budget.spend(default.weight, draft.at.mark)
        draft.keywords[keyword], draft.places[keyword] = default.value, default.at


def check_shape(name: str, job: Any, at: Place) -> None:
    if not isinstance(job, Map):
        raise at.wrong(f"{described(job)} should be a map: a job, with `script` or `trigger`.")
    if problem := unfit_name(name) or ("" if name.strip() else "the job's name is empty."):
        raise at.wrong(problem)
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
