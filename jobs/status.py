"""The one status of several jobs (runner.md §8.5), and what each waiting job becomes because of it (§8.4). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from jobs.states import COMPLETED, State

WARNING = "warning"
IGNORED = "ignored"
_DONE = {State.SUCCESS, State.SKIPPED, WARNING, IGNORED}
# Sets whose members alone give the status beside them; the first that holds all of them counts.
_ONLY = (
    ({State.SKIPPED, IGNORED}, State.SKIPPED),
    (_DONE, State.SUCCESS),
    ({State.CREATED, WARNING, IGNORED}, State.CREATED),
    (_DONE | {State.CANCELED}, State.CANCELED),
    ({State.PENDING, State.CREATED, State.SKIPPED, WARNING, IGNORED}, State.PENDING),
)
# Otherwise the first of these that is there at all.
_ANY = (
    ({State.RUNNING, State.PENDING}, State.RUNNING),
    ({State.WAITING}, State.WAITING),
    ({State.MANUAL}, State.MANUAL),
    ({State.SCHEDULED}, State.SCHEDULED),
    ({State.CREATED}, State.RUNNING),
    ({State.CANCELING}, State.CANCELING),
)
# After which status of what came before a job is let go; after any other end it is skipped.
_LETS_GO: dict[str, frozenset[str]] = {
    "on_success": frozenset({State.SUCCESS, State.SKIPPED}),
    "on_failure": frozenset({State.FAILED}),
    "always": frozenset({State.SUCCESS, State.FAILED, State.SKIPPED}),
    "manual": frozenset({State.SUCCESS, State.SKIPPED}),
    "delayed": frozenset({State.SUCCESS, State.SKIPPED}),
}
_GOES = {"manual": State.MANUAL, "delayed": State.SCHEDULED}


class Part(Protocol):
    """A job as far as its pipeline's progress is concerned."""

    name: Any
    stage_index: Any
    status: Any
    allow_failure: Any
    when: Any
    needs: Any


def composite(jobs: Iterable[Part], *, of_needs: bool = False) -> str:
    """The status of a stage, a pipeline or the jobs another one needs. None at all are a success."""
    seen = {_kind(job) for job in jobs}
    if not seen:
        return State.SUCCESS
    if of_needs:
        if seen & {State.SKIPPED, IGNORED}:
            return State.SKIPPED
        if not seen <= COMPLETED | {WARNING}:
            return State.PENDING
    for only, status in _ONLY:
        if seen <= only:
            return status
    for some, status in _ANY:
        if seen & some:
            return status
    return State.FAILED


def _kind(job: Part) -> str:
    if job.allow_failure and job.status in {State.FAILED, State.CANCELED}:
        return WARNING
    if job.allow_failure and job.status == State.MANUAL:
        return IGNORED
    return str(job.status)


def before(job: Part, jobs: Sequence[Part]) -> str:
    """The status of what a job waits for: the jobs it needs, or all of the stages before its own."""
    if job.needs is None:
        return composite(other for other in jobs if other.stage_index < job.stage_index)
    wanted = {need["job"] for need in job.needs}
    return composite((other for other in jobs if other.name in wanted), of_needs=True)


def next_state(job: Part, status: str) -> str | None:
    """What a `created` job becomes after `status` of what came before it; None while it has to wait."""
    if status not in COMPLETED:
        return None
    # Whoever names the jobs it needs does not go without them.
    missed = job.needs is not None and status == State.SKIPPED and job.when != "always"
    if status not in _LETS_GO[job.when] or missed:
        return State.SKIPPED
    return _GOES.get(job.when, State.PENDING)
