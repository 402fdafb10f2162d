"""Advances a pipeline: starts or skips its waiting jobs, and updates its status."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from jobs import signals
from jobs.models import CommitStatus, Job, Pipeline
from jobs.pipelines.status import composite_status, next_state, status_before
from jobs.runners.queue import version
from jobs.states import COMPLETED, State

# A bridge that waits for a pipeline takes over these.
AT_REST = COMPLETED | {State.MANUAL}


def lock(pipeline_id: int) -> Pipeline:
    """Lock the pipeline's row until the transaction ends, and return it as it is now.

    Every change of a job's state takes this lock first. The only exception is the claim of a pending job, which is a
    conditional UPDATE.
    """
    return Pipeline.objects.select_for_update(no_key=True).get(pk=pipeline_id)


@transaction.atomic
def advance(pipeline: Pipeline) -> None:
    """Start the jobs whose predecessors have finished, skip those that can no longer start, and update the pipeline."""
    pipeline = lock(pipeline.pk)
    jobs = list(pipeline.jobs.current().order_by("stage_index", "id").defer("options"))
    now = timezone.now()
    while _advance_once(jobs, now):
        pass
    _update_status(pipeline, [*jobs, *pipeline.commit_statuses.current()], now)


def _advance_once(jobs: list[Job], now: datetime) -> bool:
    """Look at each waiting job once, in the order of stages. Returns whether any job changed its state."""
    moved = False
    of_stage: dict[int, str] = {}
    for job in jobs:
        if job.status != State.CREATED:
            continue
        if job.needs is None:
            # The same for all jobs of a stage; earlier stages have been handled in this pass already.
            if job.stage_index not in of_stage:
                of_stage[job.stage_index] = status_before(job, jobs)
            status = of_stage[job.stage_index]
        else:
            status = status_before(job, jobs)
        moved |= _move(job, next_state(job, status), now)
    return moved


def _move(job: Job, status: str | None, now: datetime) -> bool:
    if status is None:
        return False
    if status == State.PENDING:
        enqueue(job, now)
    else:
        job.status = status
    if status == State.SKIPPED:
        job.finished_at = now
    elif status == State.SCHEDULED:
        job.starts_at = now + timedelta(seconds=job.options.get("start_in") or 0)
    job.save(update_fields=["status", "queued_at", "started_at", "finished_at", "starts_at"])
    if job.resource_group and status in {State.SKIPPED, State.MANUAL}:
        # It may have been its turn, and others waited for it.
        signals.send_on_commit(signals.resource_released, project_id=job.project_id, name=job.resource_group)
    return True


def enqueue(job: Job, now: datetime, *, holds_resource: bool = False) -> None:
    """Let `job` start; the caller saves it.

    It becomes `pending`, or waits for its resource group unless it `holds_resource`. A bridge needs no runner: it runs
    at once, on the server.
    """
    if job.resource_group and not holds_resource:
        job.status = State.WAITING
        signals.send_on_commit(signals.resource_released, project_id=job.project_id, name=job.resource_group)
    elif job.bridge:
        job.status, job.started_at = State.RUNNING, now
        signals.send_on_commit(signals.bridge_ready, job_id=job.pk)
    else:
        job.status, job.queued_at = State.PENDING, now
        version.bump_after_commit()


def _update_status(pipeline: Pipeline, jobs: list[Job | CommitStatus], now: datetime) -> None:
    if not jobs:
        return
    status = composite_status(jobs)
    started = min((job.started_at for job in jobs if job.started_at), default=None)
    started = pipeline.started_at or started
    finished = (pipeline.finished_at or now) if status in COMPLETED else None
    if (status, started, finished) != (pipeline.status, pipeline.started_at, pipeline.finished_at):
        was_at_rest = pipeline.status in AT_REST
        pipeline.status, pipeline.started_at, pipeline.finished_at = status, started, finished
        pipeline.save(update_fields=["status", "started_at", "finished_at", "updated_at"])
        if (was_at_rest or status in AT_REST) and pipeline.started_by_job_id is not None:
            signals.send_on_commit(signals.downstream_changed, pipeline_id=pipeline.pk)
