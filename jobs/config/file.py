"""The whole file, read: its stages, variables, workflow, and a draft of each visible job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobs.config import rules
from jobs.config.checks import check
from jobs.config.defaults import OLD_FORM, read_defaults
from jobs.config.errors import Place, Problems, listed, quoted, suggestion
from jobs.config.job import Draft, read_job
from jobs.config.keywords import variables
from jobs.config.limits import JOBS, Budget
from jobs.config.shapes import Reader, fields, flat, list_of, name
from jobs.config.tree import Map, Seq

STAGES = ["build", "test", "deploy"]
FIRST, LAST = ".pre", ".post"


@dataclass(frozen=True, slots=True)
class Workflow:
    """Whether there is a pipeline at all, and what it is called."""

    name: str = ""
    rules: list[rules.Rule] | None = None
    auto_cancel: dict[str, str] | None = None


@dataclass(slots=True)
class File:
    stages: list[str] = field(default_factory=lambda: [FIRST, *STAGES, LAST])
    variables: list[variables.Variable] = field(default_factory=list)
    workflow: Workflow = field(default_factory=Workflow)
    jobs: dict[str, Draft] = field(default_factory=dict)
    tree: Mapping[str, Any] = field(default_factory=dict)  # what all this was read from


def stages(value: Any, at: Place) -> list[str]:
    if not isinstance(value, Seq):
        return list_of(name)(value, at)
    names = [name(item, place) for item, place in flat(value, at)]
    return [FIRST, *dict.fromkeys(stage for stage in names if stage not in (FIRST, LAST)), LAST]


def workflow(value: Any, at: Place) -> Workflow:
    table = {"name": name, "rules": rules.reader(rules.OF_THE_WORKFLOW), "auto_cancel": rules.auto_cancel}
    return Workflow(**fields(value, at, table))


# The top of the file, without `include` (already filled in), `default` and its older form.
TOP: dict[str, Reader[Any]] = {"stages": stages, "variables": variables.of_the_file, "workflow": workflow}
ELSEWHERE = {"default", "include", *OLD_FORM}
# A job of this name publishes what it makes; one that ran and did not would seem to have.
PAGES = "publishing pages is not supported here yet; a job that only makes them needs another name."
REFUSED = {
    "spec": "`spec` and its inputs are not supported here yet.",
    "types": "`types` is called `stages` now.",
}


def read_file(tree: Map, budget: Budget, problems: Problems) -> File:
    file = File()
    for keyword, reader in TOP.items():
        if tree.get(keyword) is not None:
            with problems.noted():
                setattr(file, keyword, reader(tree[keyword], Place(tree.marks[keyword], keyword=keyword)))
    read_jobs(tree, file, budget, problems)
    for draft in file.jobs.values():
        if draft.whole:
            check(draft, problems)
            with problems.noted():
                check_stage(draft, file.stages)
    return file


def read_jobs(tree: Map, file: File, budget: Budget, problems: Problems) -> None:
    defaults = read_defaults(tree, budget, problems)
    for job_name, job in tree.items():
        if job_name in TOP or job_name in ELSEWHERE or job_name.startswith("."):
            continue
        if job_name in REFUSED:
            problems.add(Place(tree.marks[job_name], keyword=job_name).wrong(REFUSED[job_name]))
            continue
        at = Place(tree.marks[job_name], job=job_name)
        file.jobs[job_name] = read_job(job_name, job, at, defaults, budget, problems)
    total = sum(len(draft.instances) for draft in file.jobs.values())
    if total > JOBS:
        raise Place(tree.mark).wrong(f"the file makes {total} jobs; {JOBS} are allowed.")
    if not total and not problems.messages:
        raise Place(tree.mark).wrong("the file has no job; a job is a name, a colon, and below it `script`.")
    if "pages" in file.jobs:
        problems.add(file.jobs["pages"].at.wrong(PAGES))


def check_stage(draft: Draft, stages: list[str]) -> None:
    if draft.stage not in stages:
        chosen = f"there is no stage {quoted(draft.stage)}"
        hint = suggestion(draft.stage, stages) or f"; the stages are: {listed(stages[:20])}."
        raise draft.place("stage").wrong(chosen + hint)
