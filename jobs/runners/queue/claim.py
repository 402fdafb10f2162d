"""Claims a waiting job for exactly one runner (runner.md §2.3). `candidates` finds the job to claim."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs import signals
from jobs.artifacts.dependencies import MissingDependency
from jobs.artifacts.elsewhere import UnmetNeed
from jobs.id_tokens.issue import EmptyAudience
from jobs.id_tokens.paths import PathOfAnotherProject
from jobs.models import Job, Runner, RunnerManager
from jobs.pipelines.advance import advance
from jobs.pipelines.job_actions import drop_job
from jobs.runners.job_tokens import new_job_token, store_token
from jobs.runners.payload.build import build_payload, job_timeout
from jobs.runners.payload.check import BadPayload
from jobs.runners.payload.features import supports_job
from jobs.runners.queue import candidates
from jobs.runners.types import RunnerType
from jobs.states import FailureReason, State

# How often to search again after another runner was faster.
MAX_ATTEMPTS = 10
SPREAD_FACTOR = 5


class ClaimConflict(Exception):
    """Other runners were faster each time; the runner is told to ask again at once (409)."""


def claim_next(runner: Runner, manager: RunnerManager) -> dict[str, Any] | None:
    """Claim the next job and return its payload with a new job token; None if there is no job for the runner.

    Raises ClaimConflict.
    """
    for attempt in range(MAX_ATTEMPTS):
        head = candidates.next_candidate(runner)
        if head is None:
            return None
        job = _find_pending(head.job_id)
        if job is not None and attempt:
            job = _pick_alternative(job, attempt)
        payload = _claim(job, runner, manager, head.running) if job else None
        if payload is not None:
            return payload
    raise ClaimConflict


def _find_pending(pk: int) -> Job | None:
    return Job.objects.pending().select_related("project", "pipeline", "user").filter(pk=pk).first()


def _pick_alternative(head: Job, attempt: int) -> Job | None:
    """The candidate or one of the next jobs behind it, at random, so that competing runners do not all try the same."""
    pk = random.choice([head.pk, *candidates.following_jobs(head, SPREAD_FACTOR * attempt)])  # noqa: S311  # not security-relevant
    return head if pk == head.pk else _find_pending(pk)


def note_unmet_need(job: Job, unmet: UnmetNeed) -> None:
    """Keep for the job's page what it could not have, and which rule refused it."""
    options = {**job.options, "refused": [str(unmet)]}
    if unmet.access is not None and unmet.access.decision.reason is not None:
        target = unmet.access.facts.target
        options["refused_by"] = {
            "action": str(unmet.access.action),
            "target": target.id if target else 0,
            "rule": unmet.access.decision.reason.rule,
            "at": int(timezone.now().timestamp()),
        }
    Job.objects.filter(pk=job.pk).update(options=options)


class UnfitJob(Exception):
    """The job cannot run on any runner and must fail with `reason`."""

    def __init__(self, reason: FailureReason, unmet: UnmetNeed | None = None) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.unmet = unmet


def _claim(job: Job, runner: Runner, manager: RunnerManager, running: int) -> dict[str, Any] | None:
    """Claim the job and return its payload; None if another runner was faster, or if the job cannot run and has failed.

    `running`: the number of jobs of the project on instance runners. The payload is built before the job runs, because
    a runner loses a job whose payload it cannot read.
    """
    secret, now = new_job_token(), timezone.now()
    try:
        payload = _payload(job, runner, manager, secret, now, running)
    except UnfitJob as unfit:
        if unfit.unmet is not None:
            note_unmet_need(job, unfit.unmet)
        drop_job(job, reason=unfit.reason, only_in=frozenset({State.PENDING}))
        return None
    with transaction.atomic():
        won = Job.objects.filter(pk=job.pk, status=State.PENDING).update(
            status=State.RUNNING,
            runner=runner,
            manager=manager,
            started_at=now,
            touched_at=now,
            timeout=job_timeout(job, runner),
        )
        if not won:
            return None
        masked = [variable["value"] for variable in payload["variables"] if variable["masked"]]
        store_token(job, secret, masked, runner.networks)
        signals.send_on_commit(signals.job_claimed, job_id=job.pk, project_id=job.project_id)
    if job.pipeline.status != State.RUNNING:
        # In a transaction of its own: the claim locks the job, and a holder of the pipeline's lock may wait for that.
        advance(job.pipeline)
    return payload


def _payload(
    job: Job, runner: Runner, manager: RunnerManager, secret: str, now: datetime, running: int
) -> dict[str, Any]:
    if job.user is None or not job.user.is_active:
        raise UnfitJob(FailureReason.USER_BLOCKED)
    if not supports_job(manager.info, job):
        raise UnfitJob(FailureReason.RUNNER_UNSUPPORTED)
    job.runner = runner  # what it needs of other projects may be only for jobs on some runners
    on_instance = runner.runner_type == RunnerType.INSTANCE
    try:
        return build_payload(job, runner, secret, now, running=running if on_instance else None, info=manager.info)
    except PathOfAnotherProject:
        raise UnfitJob(FailureReason.ID_TOKEN_PATH) from None
    except EmptyAudience:
        raise UnfitJob(FailureReason.DATA_INTEGRITY) from None
    except BadPayload:
        raise UnfitJob(FailureReason.DATA_INTEGRITY) from None
    except MissingDependency:
        raise UnfitJob(FailureReason.MISSING_DEPENDENCY) from None
    except UnmetNeed as unmet:
        raise UnfitJob(FailureReason.MISSING_DEPENDENCY, unmet) from None
