"""The combined status of several jobs (runner.md §8.5), and the next state of a waiting job (§8.4). Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from jobs.states import COMPLETED, State

WARNING = "warning"
IGNORED = "ignored"
_DONE = {State.SUCCESS, State.SKIPPED, WARNING, IGNORED}
# If all statuses are in the set, the combined status is the one beside it; the first match counts.
_STATUS_IF_ONLY = (
    ({State.SKIPPED, IGNORED}, State.SKIPPED),
    (_DONE, State.SUCCESS),
    ({State.CREATED, WARNING, IGNORED}, State.CREATED),
    (_DONE | {State.CANCELED}, State.CANCELED),
    ({State.PENDING, State.CREATED, State.SKIPPED, WARNING, IGNORED}, State.PENDING),
)
# Otherwise the first row of which any status occurs.
_STATUS_IF_ANY = (
    ({State.RUNNING, State.PENDING}, State.RUNNING),
    ({State.WAITING}, State.WAITING),
    ({State.MANUAL}, State.MANUAL),
    ({State.SCHEDULED}, State.SCHEDULED),
    ({State.CREATED}, State.RUNNING),
    ({State.CANCELING}, State.CANCELING),
)
# By `when`: the combined statuses of the preceding jobs after which a job starts. After any other it is skipped.
_STARTS_AFTER: dict[str, frozenset[str]] = {
    "on_success": frozenset({State.SUCCESS, State.SKIPPED}),
    "on_failure": frozenset({State.FAILED}),
    "always": frozenset({State.SUCCESS, State.FAILED, State.SKIPPED}),
    "manual": frozenset({State.SUCCESS, State.SKIPPED}),
    "delayed": frozenset({State.SUCCESS, State.SKIPPED}),
}
_STATE_INSTEAD_OF_PENDING = {"manual": State.MANUAL, "delayed": State.SCHEDULED}


class StatusLike(Protocol):
    """What counts in a combined status: a job or a commit status."""

    status: Any
    allow_failure: Any


class JobLike(StatusLike, Protocol):
    """The attributes of a job that its pipeline's progress depends on."""

    name: Any
    stage_index: Any
    when: Any
    needs: Any


def composite_status(jobs: Iterable[StatusLike], *, of_needs: bool = False) -> str:
    """The combined status of a stage, a pipeline, or (`of_needs`) the jobs that another one needs; no jobs: success."""
    statuses = {_status_kind(job) for job in jobs}
    if not statuses:
        return State.SUCCESS
    if of_needs:
        if statuses & {State.SKIPPED, IGNORED}:
            return State.SKIPPED
        if not statuses <= COMPLETED | {WARNING}:
            return State.PENDING
    for only, status in _STATUS_IF_ONLY:
        if statuses <= only:
            return status
    for some, status in _STATUS_IF_ANY:
        if statuses & some:
            return status
    return State.FAILED


def _status_kind(job: StatusLike) -> str:
    if job.allow_failure and job.status in {State.FAILED, State.CANCELED}:
        return WARNING
    if job.allow_failure and job.status == State.MANUAL:
        return IGNORED
    return str(job.status)


def status_before(job: JobLike, jobs: Sequence[JobLike]) -> str:
    """The combined status of what a job waits for: the jobs it needs, or all jobs of earlier stages."""
    if job.needs is None:
        return composite_status(other for other in jobs if other.stage_index < job.stage_index)
    wanted = {need["job"] for need in job.needs}
    return composite_status((other for other in jobs if other.name in wanted), of_needs=True)


def next_state(job: JobLike, status: str) -> str | None:
    """The state that a `created` job enters when what it waits for has `status`; None: it keeps waiting."""
    if status not in COMPLETED:
        return None
    # A job with `needs` does not start when a needed job was skipped.
    missed = job.needs is not None and status == State.SKIPPED and job.when != "always"
    if status not in _STARTS_AFTER[job.when] or missed:
        return State.SKIPPED
    return _STATE_INSTEAD_OF_PENDING.get(job.when, State.PENDING)
