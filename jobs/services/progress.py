"""Moves a pipeline on: which of its jobs may start now, and what its own status is."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from jobs import hooks, queue_version
from jobs.models import Job, Pipeline
from jobs.states import COMPLETED, State
from jobs.status import before, composite, next_state


def lock(pipeline_id: int) -> Pipeline:
    """Waits for any other change of this pipeline. Whoever changes a job's state takes this lock first (only the claim
    of a pending job does without, by its conditional UPDATE)."""
    return Pipeline.objects.select_for_update(no_key=True).get(pk=pipeline_id)


@transaction.atomic
def advance(pipeline: Pipeline) -> None:
    """Lets jobs go whose time has come, skips those that never will, and settles the pipeline's status."""
    pipeline = lock(pipeline.pk)
    jobs = list(pipeline.jobs.current().order_by("stage_index", "id").defer("options"))
    now = timezone.now()
    while _pass(jobs, now):
        pass
    _settle(pipeline, jobs, now)


def _pass(jobs: list[Job], now: datetime) -> bool:
    """Looks at each waiting job once, in the order of stages; whether any of them moved."""
    moved = False
    of_stage: dict[int, str] = {}
    for job in jobs:
        if job.status != State.CREATED:
            continue
        if job.needs is None:
            # The same for a whole stage; what it depends on has had its turn in this pass.
            if job.stage_index not in of_stage:
                of_stage[job.stage_index] = before(job, jobs)
            status = of_stage[job.stage_index]
        else:
            status = before(job, jobs)
        moved |= _move(job, next_state(job, status), now)
    return moved


def _move(job: Job, status: str | None, now: datetime) -> bool:
    if status is None:
        return False
    if status == State.PENDING:
        go(job, now)
    else:
        job.status = status
    if status == State.SKIPPED:
        job.finished_at = now
    elif status == State.SCHEDULED:
        job.starts_at = now + timedelta(seconds=job.options.get("start_in") or 0)
    job.save(update_fields=["status", "queued_at", "started_at", "finished_at", "starts_at"])
    return True


def go(job: Job, now: datetime, *, holds_resource: bool = False) -> None:
    """The turn of `job` has come; the caller saves it. It goes to the queue, or waits for its resource group first; a
    bridge is done by the server itself."""
    if job.resource_group and not holds_resource:
        job.status = State.WAITING
        hooks.tell_after_commit(hooks.ON_RESOURCE, job.project_id, job.resource_group)
    elif job.bridge:
        job.status, job.started_at = State.RUNNING, now
        hooks.tell_after_commit(hooks.ON_BRIDGE, job.pk)
    else:
        job.status, job.queued_at = State.PENDING, now
        queue_version.tick_after_commit()


def _settle(pipeline: Pipeline, jobs: list[Job], now: datetime) -> None:
    if not jobs:
        return
    status = composite(jobs)
    started = min((job.started_at for job in jobs if job.started_at), default=None)
    started = pipeline.started_at or started
    finished = (pipeline.finished_at or now) if status in COMPLETED else None
    if (status, started, finished) != (pipeline.status, pipeline.started_at, pipeline.finished_at):
        was_over = pipeline.status in COMPLETED
        pipeline.status, pipeline.started_at, pipeline.finished_at = status, started, finished
        pipeline.save(update_fields=["status", "started_at", "finished_at", "updated_at"])
        if (was_over or status in COMPLETED) and pipeline.started_by_job_id is not None:
            hooks.tell_after_commit(hooks.ON_DOWNSTREAM, pipeline.pk)
