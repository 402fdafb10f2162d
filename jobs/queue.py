"""The claim that gives each waiting job to one runner only. Which is next: jobs.waiting (runner.md §2.3)."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs import waiting
from jobs.artifacts.dependencies import MissingDependency
from jobs.models import Job, Runner, RunnerManager
from jobs.models.runner import RunnerType
from jobs.payload import BadPayload, build
from jobs.payload.build import timeout_of
from jobs.payload.features import is_able
from jobs.services.jobs import drop_job
from jobs.services.progress import advance
from jobs.services.tokens import bind, new_secret
from jobs.states import FailureReason, State

# So often a runner that lost a job to another looks again before it is told to come back.
TRIES = 10
SPREAD = 5


class Conflict(Exception):
    """Others were faster each time: the runner is to ask again at once (409)."""


def claim_next(runner: Runner, manager: RunnerManager) -> dict[str, Any] | None:
    """The payload of a job that is this runner's now, with its fresh token; None when there is none for it.

    Raises Conflict.
    """
    for attempt in range(TRIES):
        head = waiting.first(runner)
        if head is None:
            return None
        job = _pending(head.job_id)
        if job is not None and attempt:
            job = _one_of(job, attempt)
        payload = _claim(job, runner, manager, head.running) if job else None
        if payload is not None:
            return payload
    raise Conflict


def _pending(pk: int) -> Job | None:
    return Job.objects.pending().select_related("project", "pipeline", "user").filter(pk=pk).first()


def _one_of(head: Job, attempt: int) -> Job | None:
    """After losing a job to another runner, the head or any of the next few behind it: so a crowd spreads out."""
    chosen = random.choice([head.pk, *waiting.behind(head, SPREAD * attempt)])  # noqa: S311  # who is next is no secret
    return head if chosen == head.pk else _pending(chosen)


class Unfit(Exception):
    """The job cannot run; `reason` is what it fails with."""

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _claim(job: Job, runner: Runner, manager: RunnerManager, running: int) -> dict[str, Any] | None:
    """The payload, if the job is this runner's now. None: another was faster, or the job cannot run and has failed.

    `running`: how many jobs of the project instance runners run. Everything that can fail is done before the job runs:
    a payload the runner cannot read would lose it.
    """
    secret, now = new_secret(), timezone.now()
    try:
        payload = _payload(job, runner, manager, secret, now, running)
    except Unfit as unfit:
        drop_job(job, reason=unfit.reason, only_in=frozenset({State.PENDING}))
        return None
    with transaction.atomic():
        won = Job.objects.filter(pk=job.pk, status=State.PENDING).update(
            status=State.RUNNING,
            runner=runner,
            manager=manager,
            started_at=now,
            touched_at=now,
            timeout=timeout_of(job, runner),
        )
        if not won:
            return None
        bind(job, secret, [one["value"] for one in payload["variables"] if one["masked"]])
    if job.pipeline.status != State.RUNNING:
        # Apart from the claim, which holds the job's row: whoever holds the pipeline may be waiting for that.
        advance(job.pipeline)
    return payload


def _payload(
    job: Job, runner: Runner, manager: RunnerManager, secret: str, now: datetime, running: int
) -> dict[str, Any]:
    if job.user is None or not job.user.is_active:
        raise Unfit(FailureReason.USER_BLOCKED)
    if not is_able(manager.info, job):
        raise Unfit(FailureReason.RUNNER_UNSUPPORTED)
    on_instance = runner.runner_type == RunnerType.INSTANCE
    try:
        return build(job, runner, secret, now, running=running if on_instance else None)
    except BadPayload:
        raise Unfit(FailureReason.DATA_INTEGRITY) from None
    except MissingDependency:
        raise Unfit(FailureReason.MISSING_DEPENDENCY) from None
