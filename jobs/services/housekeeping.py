"""What time alone brings about: jobs that overran, fell silent or found no runner, delayed jobs and schedules that are
due, artifacts and environments whose time is over, stored files that nobody has any more.

One pass may run on any number of machines at once, and may be cut off anywhere: whoever changes a row asks in the same
UPDATE, or under the pipeline's lock, whether it is still as it was seen. runner.md §3.3
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from blobs.store import sweep_loose
from jobs.models import Job, Pipeline, Runner
from jobs.runner_places import available_to
from jobs.services import auto_stop
from jobs.services.artifacts import expire_artifacts
from jobs.services.bridges import follow, start_downstream
from jobs.services.jobs import drop_job
from jobs.services.progress import advance, go, lock
from jobs.services.resources import hand_over
from jobs.services.schedules import run_due
from jobs.states import COMPLETED, EXECUTING, FailureReason, State

log = logging.getLogger(__name__)

# A runner ends its job by itself when the time is up, and says so; this is for one that does not.
GRACE = timedelta(minutes=5)
SILENT = timedelta(hours=1)
# A runner that was told to stop has this long to show a sign of life before the job counts as stopped.
SILENT_CANCELING = timedelta(minutes=15)
NO_RUNNER = timedelta(hours=1)
LONGEST_WAIT = timedelta(hours=24)
BRIDGE_LATE = timedelta(minutes=1)
BRIDGE_LOST = timedelta(minutes=10)
BATCH = 500


def overrun(now: datetime) -> int:
    """Executing past their time."""
    rows = Job.objects.scripts().executing().filter(timeout__isnull=False, started_at__isnull=False)
    return _drop([job for job in rows.only(*_FEW) if _deadline(job) < now], FailureReason.TIMEOUT, EXECUTING)


def _deadline(job: Job) -> datetime:
    assert job.started_at is not None
    assert job.timeout is not None
    return job.started_at + timedelta(seconds=job.timeout) + GRACE


_FEW = ("pk", "pipeline_id", "started_at", "timeout", "status")


def silent(now: datetime) -> int:
    """Executing, and their runner has not been heard of. One that was being cancelled counts as cancelled."""
    jobs = Job.objects.scripts().only(*_FEW)
    running = jobs.filter(status=State.RUNNING, touched_at__lt=now - SILENT)
    canceling = jobs.filter(status=State.CANCELING, touched_at__lt=now - SILENT_CANCELING)
    count = _drop(running, FailureReason.NO_UPDATES, {State.RUNNING})
    return count + _drop(canceling, FailureReason.NO_UPDATES, {State.CANCELING})


def stuck(now: datetime) -> int:
    """Waiting for a runner for a day, or for an hour while there is none that could take them."""
    waiting = Job.objects.pending().filter(queued_at__lt=now - NO_RUNNER).order_by("queued_at")
    known: dict[tuple[int, bool, str], bool] = {}
    lost = []
    for job in waiting.select_related("project").defer("options")[: 10 * BATCH]:
        kind = (job.project_id, job.protected, job.tag_key)
        if kind not in known:
            known[kind] = any(_takes(runner, job) for runner in available_to(job.project).filter(paused=False))
        if not known[kind] or (job.queued_at is not None and job.queued_at < now - LONGEST_WAIT):
            lost.append(job)
    return _drop(lost, FailureReason.STUCK, {State.PENDING})


def _takes(runner: Runner, job: Job) -> bool:
    fits = set(runner.tag_list).issuperset(job.tag_list) and (bool(job.tag_list) or runner.run_untagged)
    return fits and runner.status == "online" and (job.protected or runner.access_level != "ref_protected")


def _drop(jobs: QuerySet[Job] | list[Job], reason: str, only_in: frozenset[State] | set[State]) -> int:
    count = 0
    for job in list(jobs[:BATCH]):
        count += drop_job(job, reason=reason, only_in=only_in).status in COMPLETED
    return count


def delayed(now: datetime) -> int:
    """Jobs whose `start_in` is over go to the queue."""
    due = Job.objects.filter(status=State.SCHEDULED, starts_at__lte=now).values_list("pk", "pipeline_id")
    return sum(_enqueue(pk, pipeline, now) for pk, pipeline in list(due[:BATCH]))


@transaction.atomic
def _enqueue(pk: int, pipeline_id: int, now: datetime) -> bool:
    pipeline = lock(pipeline_id)
    job = Job.objects.filter(pk=pk, status=State.SCHEDULED).first()
    if job is None:
        return False
    go(job, now)
    job.save(update_fields=["status", "queued_at", "started_at"])
    advance(pipeline)
    return True


def bridges(now: datetime) -> int:
    """Those whose server stopped between a commit and what was to follow it."""
    running = Job.objects.bridges().filter(status=State.RUNNING)
    forgotten = list(running.filter(touched_at=None, started_at__lt=now - BRIDGE_LATE).values_list("pk", flat=True))
    for pk in forgotten:
        start_downstream(pk)
    below = Pipeline.objects.filter(started_by_job=OuterRef("pk"))
    lost = running.filter(~Exists(below), touched_at__lt=now - BRIDGE_LOST)
    over = Pipeline.objects.filter(started_by_job__in=running, status__in=COMPLETED).values_list("pk", flat=True)
    for pk in [*over, *_reopened(now)]:
        follow(pk)
    return len(forgotten) + _drop(lost, FailureReason.DOWNSTREAM, {State.RUNNING})


def _reopened(now: datetime) -> QuerySet[Pipeline, int]:
    """Pipelines that run again while the bridge that waits for them has not noticed."""
    rows = Pipeline.objects.exclude(status__in=COMPLETED).filter(updated_at__lt=now - BRIDGE_LATE)
    ended = {State.SUCCESS, State.FAILED}
    bridge = {"bridge": True, "retried": False, "status__in": ended, "options__trigger__strategy": "depend"}
    rows = rows.filter(**{f"started_by_job__{name}": value for name, value in bridge.items()})
    return rows.values_list("pk", flat=True)


def resources(now: datetime) -> int:
    """Resource groups that nobody handed on."""
    groups = Job.objects.filter(status=State.WAITING).values_list("project_id", "resource_group").distinct()
    for project, name in (waiting := list(groups.order_by())):
        hand_over(project, name)
    return len(waiting)


def pipelines(now: datetime) -> int:
    """Pipelines that did not notice their last job's end."""
    unfinished = Job.objects.current().filter(pipeline=OuterRef("pk")).exclude(status__in=COMPLETED)
    open_ones = Pipeline.objects.exclude(status__in=COMPLETED).filter(updated_at__lt=now - GRACE)
    stale = list(open_ones.filter(~Exists(unfinished), Exists(Job.objects.filter(pipeline=OuterRef("pk"))))[:BATCH])
    for pipeline in stale:
        advance(pipeline)
    return len(stale)


STEPS: dict[str, Callable[[datetime], int]] = {
    "overran their time": overrun,
    "fell silent": silent,
    "found no runner": stuck,
    "delayed jobs went to the queue": delayed,
    "bridges were helped on": bridges,
    "resource groups were looked at": resources,
    "pipelines were settled": pipelines,
    "schedules started a pipeline": run_due,
    "artifacts expired": expire_artifacts,
    "stored files went": lambda now: sweep_loose(),
    "environments were stopped": auto_stop.stop_due,
    "environments were not stopped after all": auto_stop.reopen,
}


def tidy_up(now: datetime | None = None) -> dict[str, int]:
    """One pass over everything; what fails is logged and keeps nothing else from being done. → step → how many."""
    moment, done = now or timezone.now(), {}
    for name, step in STEPS.items():
        try:
            done[name] = step(moment)
        except Exception:
            log.exception("Housekeeping: “%s” failed", name)
    return done
