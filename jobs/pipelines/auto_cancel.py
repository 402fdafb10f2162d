"""Cancels pipelines that a newer commit or a failed job makes redundant (`interruptible`, `workflow:auto_cancel`)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines.advance import advance, lock
from jobs.pipelines.job_actions import cancel
from jobs.states import CANCELABLE, COMPLETED, State

CONSERVATIVE, INTERRUPTIBLE, NONE = "conservative", "interruptible", "none"
# Pipelines that no commit started: a newer commit does not make them or their children redundant.
_EXEMPT_SOURCES = (Source.SCHEDULE, Source.PIPELINE, Source.TRIGGER)
_PARENT = "started_by_job__pipeline__"
_NOT_STARTED = frozenset(
    {State.CREATED, State.PENDING, State.WAITING, State.MANUAL, State.SCHEDULED, State.SKIPPED, State.CANCELED}
)
MAX_PIPELINES = 100


def cancel_redundant(new: Pipeline) -> None:
    """Cancel what still runs for older commits of the branch of `new`, as far as their own `auto_cancel` says so."""
    if new.tag or not new.project.auto_cancel_pipelines:
        return
    older = Pipeline.objects.filter(project=new.project_id, ref=new.ref, tag=False, pk__lt=new.pk)
    unfinished = older.exclude(status__in=COMPLETED).exclude(sha=new.sha)
    for pk in list(unfinished.exclude(_exempt()).order_by("-pk").values_list("pk", flat=True)[:MAX_PIPELINES]):
        _cancel_one(pk)


def _exempt() -> Q:
    """Matches pipelines that no commit started, and children and grandchildren of such pipelines."""
    child, grandchild = Q(source=Source.PARENT), Q(**{"source": Source.PARENT, f"{_PARENT}source": Source.PARENT})
    of_parent = Q(**{f"{_PARENT}source__in": _EXEMPT_SOURCES})
    of_grandparent = Q(**{f"{_PARENT}{_PARENT}source__in": _EXEMPT_SOURCES})
    return Q(source__in=_EXEMPT_SOURCES) | (child & of_parent) | (grandchild & of_grandparent)


@transaction.atomic
def _cancel_one(pk: int) -> None:
    pipeline = lock(pk)
    rows = pipeline.jobs.current().select_related("manager").select_for_update(of=("self",), no_key=True)
    for job in _cancelable(list(rows)):
        if job.status in CANCELABLE:
            cancel(job)
    advance(pipeline)


def _cancelable(jobs: list[Job]) -> list[Job]:
    """The jobs to cancel, by `on_new_commit`. By default all of them, but none if a job that is not `interruptible` has
    started."""
    mode = next((job.options.get("auto_cancel") or {} for job in jobs), {}).get("on_new_commit", CONSERVATIVE)
    if mode == NONE:
        return []
    if mode == INTERRUPTIBLE:
        return [job for job in jobs if job.options.get("interruptible")]
    uninterruptible = any(job.status not in _NOT_STARTED and not job.options.get("interruptible") for job in jobs)
    return [] if uninterruptible else jobs


@transaction.atomic
def cancel_on_job_failure(pk: int) -> None:
    """Cancel all unfinished jobs of a pipeline (`workflow:auto_cancel:on_job_failure: all`)."""
    pipeline = lock(pk)
    rows = pipeline.jobs.current().cancelable().select_related("manager")
    for job in rows.select_for_update(of=("self",), no_key=True):
        cancel(job)
    advance(pipeline)
