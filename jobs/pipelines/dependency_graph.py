"""Which job of a pipeline waits for which, as rows for its page. Pure: uses only the jobs passed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from jobs.models import Job

# A job is a node by its name; the end of a stage is a node by the stage's index.
_Node = str | int


@dataclass(frozen=True, slots=True)
class NeedLink:
    """One entry of `needs`. `job` is None for an optional one that this pipeline does not have."""

    name: str
    job: Job | None
    artifacts: bool = True
    optional: bool = False


@dataclass(frozen=True, slots=True)
class DependencyRow:
    """One job. `step`: 1 if it starts at once, otherwise one more than the latest job it waits for.

    `links`: its `needs`; None if it waits for the earlier `stages`, which have `earlier` jobs.
    """

    job: Job
    step: int
    links: list[NeedLink] | None
    stages: list[str] = field(default_factory=list)
    earlier: int = 0
    needed_by: list[Job] = field(default_factory=list)

    @property
    def starts_at_once(self) -> bool:
        return not self.links if self.links is not None else not self.earlier


def dependency_rows(jobs: Sequence[Job]) -> list[DependencyRow]:
    """A row for each of the pipeline's current jobs, in the order in which they may run."""
    by_name = {job.name: job for job in jobs}
    steps = _steps(jobs, by_name)
    needed_by: dict[str, list[Job]] = {}
    for job in jobs:
        for need in job.needs or ():
            needed_by.setdefault(need["job"], []).append(job)
    rows = [_row(job, steps[job.name], jobs, by_name, needed_by.get(job.name, [])) for job in jobs]
    return sorted(rows, key=lambda row: (row.step, row.job.stage_index, row.job.name))


def _row(job: Job, step: int, jobs: Sequence[Job], by_name: Mapping[str, Job], needed_by: list[Job]) -> DependencyRow:
    if job.needs is None:
        before = [other for other in jobs if other.stage_index < job.stage_index]
        stages = [stage for _, stage in sorted({(other.stage_index, other.stage) for other in before})]
        return DependencyRow(job, step, None, stages, len(before), needed_by)
    links = [
        NeedLink(need["job"], by_name.get(need["job"]), need.get("artifacts", True), need.get("optional", False))
        for need in job.needs
    ]
    return DependencyRow(job, step, links, needed_by=needed_by)


def _steps(jobs: Sequence[Job], by_name: Mapping[str, Job]) -> dict[_Node, int]:
    """The step of each job and stage end; jobs that are part of a cycle come last."""
    before = _predecessors(jobs, by_name)
    sorter = TopologicalSorter(before)
    with suppress(CycleError):  # what lies outside the cycle is still ordered
        sorter.prepare()
    steps: dict[_Node, int] = {}
    while ready := sorter.get_ready():
        for node in ready:
            latest = max((steps[other] for other in before[node]), default=0)
            steps[node] = latest if isinstance(node, int) else latest + 1
        sorter.done(*ready)
    last = max(steps.values(), default=0) + 1
    return {node: steps.get(node, last) for node in before}


def _predecessors(jobs: Sequence[Job], by_name: Mapping[str, Job]) -> dict[_Node, set[_Node]]:
    """The direct predecessors of each node. Stage ends as nodes avoid an edge from every job to every earlier one."""
    predecessors: dict[_Node, set[_Node]] = {}
    previous: int | None = None
    for stage in sorted({job.stage_index for job in jobs}):
        of_stage = [job for job in jobs if job.stage_index == stage]
        before: set[_Node] = set() if previous is None else {previous}
        for job in of_stage:
            needed = None if job.needs is None else {need["job"] for need in job.needs if need["job"] in by_name}
            predecessors[job.name] = set(before) if needed is None else set(needed)
        predecessors[stage] = before | {job.name for job in of_stage}
        previous = stage
    return predecessors
