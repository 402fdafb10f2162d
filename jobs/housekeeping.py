"""The periodic pass (runner.md §3.3): ends jobs that hang, starts what is due, deletes what has expired, and repairs
what was interrupted.

Several processes may run it at once, and it may be interrupted anywhere: every change checks in its UPDATE, or under
the pipeline's lock, that the row is still as it was read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from blobs.store import collect_garbage
from jobs.artifacts.services import expire_artifacts
from jobs.environments import auto_stop
from jobs.models import Job, Pipeline, Runner
from jobs.pipelines.advance import advance, enqueue, lock
from jobs.pipelines.bridges import STATUS_BY_STRATEGY, start_downstream, update_bridge
from jobs.pipelines.job_actions import drop_job
from jobs.pipelines.mirrors import follow_upstream, mirrors_of_ended_pipelines
from jobs.pipelines.resource_groups import grant_next
from jobs.states import COMPLETED, EXECUTING, FailureReason, State
from jobs.triggers.schedules import run_due_schedules
from projects.repository.leftovers import remove_leftovers
from projects.services import remove_marked_projects
from tokens.services import retire_bots

log = logging.getLogger(__name__)

# A runner ends a job at its timeout and reports that. The server only ends jobs whose runner does not.
GRACE_PERIOD = timedelta(minutes=5)
UNRESPONSIVE_AFTER = timedelta(hours=1)
# How long a runner may be silent after it was told to cancel a job.
CANCELING_UNRESPONSIVE_AFTER = timedelta(minutes=15)
NO_RUNNER_AFTER = timedelta(hours=1)
MAX_WAIT = timedelta(hours=24)
BRIDGE_LATE_AFTER = timedelta(minutes=1)
BRIDGE_LOST_AFTER = timedelta(minutes=10)
BATCH = 500


def fail_timed_out(now: datetime) -> int:
    """Fail jobs that execute longer than their timeout."""
    rows = Job.objects.scripts().executing().filter(timeout__isnull=False, started_at__isnull=False)
    return _fail(
        [job for job in rows.only(*_DEADLINE_FIELDS) if _deadline(job) < now], FailureReason.TIMEOUT, EXECUTING
    )


def _deadline(job: Job) -> datetime:
    assert job.started_at is not None
    assert job.timeout is not None
    return job.started_at + timedelta(seconds=job.timeout) + GRACE_PERIOD


_DEADLINE_FIELDS = ("pk", "pipeline_id", "started_at", "timeout", "status")


def fail_unresponsive(now: datetime) -> int:
    """Fail executing jobs whose runner has sent nothing for too long. Those in state `canceling` become `canceled`."""
    jobs = Job.objects.scripts().only(*_DEADLINE_FIELDS)
    running = jobs.filter(status=State.RUNNING, touched_at__lt=now - UNRESPONSIVE_AFTER)
    canceling = jobs.filter(status=State.CANCELING, touched_at__lt=now - CANCELING_UNRESPONSIVE_AFTER)
    count = _fail(running, FailureReason.NO_UPDATES, {State.RUNNING})
    return count + _fail(canceling, FailureReason.NO_UPDATES, {State.CANCELING})


def fail_unclaimed(now: datetime) -> int:
    """Fail jobs that have waited for a runner for a day, or for an hour if no runner could take them."""
    waiting = Job.objects.pending().filter(queued_at__lt=now - NO_RUNNER_AFTER).order_by("queued_at")
    has_runner: dict[tuple[int, bool, str], bool] = {}
    stuck = []
    for job in waiting.select_related("project").defer("options")[: 10 * BATCH]:
        kind = (job.project_id, job.protected, job.tag_key)
        if kind not in has_runner:
            has_runner[kind] = any(
                _can_take(runner, job) for runner in Runner.objects.available_to(job.project).filter(paused=False)
            )
        if not has_runner[kind] or (job.queued_at is not None and job.queued_at < now - MAX_WAIT):
            stuck.append(job)
    return _fail(stuck, FailureReason.STUCK, {State.PENDING})


def _can_take(runner: Runner, job: Job) -> bool:
    fits = set(runner.tag_list).issuperset(job.tag_list) and (bool(job.tag_list) or runner.run_untagged)
    return fits and runner.status == "online" and (job.protected or runner.access_level != "ref_protected")


def _fail(jobs: QuerySet[Job] | list[Job], reason: str, only_in: frozenset[State] | set[State]) -> int:
    count = 0
    for job in list(jobs[:BATCH]):
        count += drop_job(job, reason=reason, only_in=only_in).status in COMPLETED
    return count


def enqueue_delayed(now: datetime) -> int:
    """Enqueue delayed jobs whose `start_in` is over."""
    due = Job.objects.filter(status=State.SCHEDULED, starts_at__lte=now).values_list("pk", "pipeline_id")
    return sum(_enqueue(pk, pipeline, now) for pk, pipeline in list(due[:BATCH]))


@transaction.atomic
def _enqueue(pk: int, pipeline_id: int, now: datetime) -> bool:
    pipeline = lock(pipeline_id)
    job = Job.objects.filter(pk=pk, status=State.SCHEDULED).first()
    if job is None:
        return False
    enqueue(job, now)
    job.save(update_fields=["status", "queued_at", "started_at"])
    advance(pipeline)
    return True


def recover_bridges(now: datetime) -> int:
    """Continue bridges whose server process ended between a commit and the work after it."""
    running = Job.objects.bridges().filter(status=State.RUNNING)
    forgotten = list(
        running.filter(touched_at=None, started_at__lt=now - BRIDGE_LATE_AFTER).values_list("pk", flat=True)
    )
    for pk in forgotten:
        start_downstream(pk)
    downstream = Pipeline.objects.filter(started_by_job=OuterRef("pk"))
    for job in mirrors_of_ended_pipelines():
        follow_upstream(job)
    following = Q(options__trigger__has_key="upstream")
    lost = running.filter(~Exists(downstream), ~following, touched_at__lt=now - BRIDGE_LOST_AFTER)
    finished = Pipeline.objects.filter(started_by_job__in=running, status__in=COMPLETED).values_list("pk", flat=True)
    for pk in [*finished, *_restarted_pipelines(now), *_badly_mirrored_pipelines()]:
        update_bridge(pk)
    return len(forgotten) + _fail(lost, FailureReason.DOWNSTREAM, {State.RUNNING})


def _restarted_pipelines(now: datetime) -> QuerySet[Pipeline, int]:
    """Pipelines that run again although the bridge that waits for them has ended."""
    rows = Pipeline.objects.exclude(status__in=COMPLETED).filter(updated_at__lt=now - BRIDGE_LATE_AFTER)
    finished = {State.SUCCESS, State.FAILED, State.SKIPPED}
    waiting = {"options__trigger__strategy__in": list(STATUS_BY_STRATEGY)}
    bridge = {"bridge": True, "retried": False, "status__in": finished, **waiting}
    rows = rows.filter(**{f"started_by_job__{name}": value for name, value in bridge.items()})
    return rows.values_list("pk", flat=True)


def _badly_mirrored_pipelines() -> list[int]:
    """Pipelines that wait for a person while their mirror runs, or the other way round."""
    bridges = Job.objects.bridges().current()
    mirrors = bridges.filter(status=State.RUNNING, options__trigger__strategy="mirror")
    manual = bridges.filter(status=State.MANUAL, touched_at__isnull=False)
    wait = Pipeline.objects.filter(started_by_job__in=mirrors, status=State.MANUAL)
    run = Pipeline.objects.filter(started_by_job__in=manual).exclude(status=State.MANUAL)
    return [*wait.values_list("pk", flat=True), *run.values_list("pk", flat=True)]


def grant_resource_groups(now: datetime) -> int:
    """Grant free resource groups for which jobs wait."""
    groups = Job.objects.filter(status=State.WAITING).values_list("project_id", "resource_group").distinct()
    for project, name in (waiting := list(groups.order_by())):
        grant_next(project, name)
    return len(waiting)


def advance_stale_pipelines(now: datetime) -> int:
    """Advance unfinished pipelines whose jobs have all ended."""
    unfinished_jobs = Job.objects.current().filter(pipeline=OuterRef("pk")).exclude(status__in=COMPLETED)
    unfinished_pipelines = Pipeline.objects.exclude(status__in=COMPLETED).filter(updated_at__lt=now - GRACE_PERIOD)
    any_job = Job.objects.filter(pipeline=OuterRef("pk"))
    stale = list(unfinished_pipelines.filter(~Exists(unfinished_jobs), Exists(any_job))[:BATCH])
    for pipeline in stale:
        advance(pipeline)
    return len(stale)


def remove_killed_writes(now: datetime) -> int:
    """Remove lock files and temporary objects of pushes and commits whose process was killed."""
    return remove_leftovers(Path(settings.REPOSITORIES_DIR))


STEPS: dict[str, Callable[[datetime], int]] = {
    "bots of ended access tokens retired": retire_bots,  # before their schedules are due
    "timed out": fail_timed_out,
    "became unresponsive": fail_unresponsive,
    "found no runner": fail_unclaimed,
    "delayed jobs enqueued": enqueue_delayed,
    "bridges recovered": recover_bridges,
    "resource groups checked": grant_resource_groups,
    "pipelines advanced": advance_stale_pipelines,
    "pipelines started by schedules": run_due_schedules,
    "artifacts expired": expire_artifacts,
    "unreferenced files deleted": lambda now: collect_garbage(),
    "leftovers of killed pushes removed": remove_killed_writes,
    "projects deleted": lambda now: remove_marked_projects(),
    "environments stopped": auto_stop.stop_due_environments,
    "environments whose stop job was lost": auto_stop.reset_stuck_stops,
}


def run_housekeeping(now: datetime | None = None) -> dict[str, int]:
    """Run all steps once. Returns the number of changes by step; a step that fails is logged and left out."""
    moment, counts = now or timezone.now(), {}
    for name, step in STEPS.items():
        try:
            counts[name] = step(moment)
        except Exception:
            log.exception("Housekeeping: “%s” failed", name)
    return counts
