"""Which job of a pipeline waits for which, ready to be shown. Pure: knows the jobs it is given and asks nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

from jobs.models import Job

# A job is known by its name, the end of a whole stage by the stage's number.
_Node = str | int


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of `needs`. `job` None: an optional one that this pipeline does not have."""

    name: str
    job: Job | None
    artifacts: bool = True
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`step`: 1 for what starts at once, otherwise one more than the last thing it waits for.

    `links` None: it waits for the stages before, which hold `earlier` jobs.
    """

    job: Job
    step: int
    links: list[Link] | None
    stages: list[str] = field(default_factory=list)
    earlier: int = 0
    needed_by: list[Job] = field(default_factory=list)

    @property
    def at_once(self) -> bool:
        return not self.links if self.links is not None else not self.earlier


def dependency_rows(jobs: Sequence[Job]) -> list[Row]:
    """A row for each of a pipeline's current jobs, in the order in which they may run."""
    by_name = {job.name: job for job in jobs}
    steps = _steps(jobs, by_name)
    needed_by: dict[str, list[Job]] = {}
    for job in jobs:
        for need in job.needs or ():
            needed_by.setdefault(need["job"], []).append(job)
    rows = [_row(job, steps[job.name], jobs, by_name, needed_by.get(job.name, [])) for job in jobs]
    return sorted(rows, key=lambda row: (row.step, row.job.stage_index, row.job.name))


def _row(job: Job, step: int, jobs: Sequence[Job], by_name: Mapping[str, Job], needed_by: list[Job]) -> Row:
    if job.needs is None:
        before = [other for other in jobs if other.stage_index < job.stage_index]
        stages = [stage for _, stage in sorted({(other.stage_index, other.stage) for other in before})]
        return Row(job, step, None, stages, len(before), needed_by)
    links = [
        Link(need["job"], by_name.get(need["job"]), need.get("artifacts", True), need.get("optional", False))
        for need in job.needs
    ]
    return Row(job, step, links, needed_by=needed_by)


def _steps(jobs: Sequence[Job], by_name: Mapping[str, Job]) -> dict[_Node, int]:
    """How far down the chain each job stands; what needs itself by way of others comes last."""
    before = _waits(jobs, by_name)
    sorter = TopologicalSorter(before)
    with suppress(CycleError):  # what lies outside the circle still comes in order
        sorter.prepare()
    steps: dict[_Node, int] = {}
    while ready := sorter.get_ready():
        for node in ready:
            latest = max((steps[other] for other in before[node]), default=0)
            steps[node] = latest if isinstance(node, int) else latest + 1
        sorter.done(*ready)
    last = max(steps.values(), default=0) + 1
    return {node: steps.get(node, last) for node in before}


def _waits(jobs: Sequence[Job], by_name: Mapping[str, Job]) -> dict[_Node, set[_Node]]:
    """What comes right before each node. A stage in between spares a line from each job to all of those before."""
    waits: dict[_Node, set[_Node]] = {}
    previous: int | None = None
    for stage in sorted({job.stage_index for job in jobs}):
        of_stage = [job for job in jobs if job.stage_index == stage]
        before: set[_Node] = set() if previous is None else {previous}
        for job in of_stage:
            needed = None if job.needs is None else {need["job"] for need in job.needs if need["job"] in by_name}
            waits[job.name] = set(before) if needed is None else set(needed)
        waits[stage] = before | {job.name for job in of_stage}
        previous = stage
    return waits
