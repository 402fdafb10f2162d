"""Pipelines that a newer commit, or a failed job, has made pointless (`interruptible`, `workflow:auto_cancel`)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q

from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.services.jobs import cancel
from jobs.services.progress import advance, lock
from jobs.states import CANCELABLE, COMPLETED, State

CONSERVATIVE, INTERRUPTIBLE, NONE = "conservative", "interruptible", "none"
# Not asked for by a commit, so a newer one does not replace them, nor their children.
_KEPT = (Source.SCHEDULE, Source.PIPELINE, Source.TRIGGER)
_PARENT = "started_by_job__pipeline__"
_NOT_BEGUN = frozenset(
    {State.CREATED, State.PENDING, State.WAITING, State.MANUAL, State.SCHEDULED, State.SKIPPED, State.CANCELED}
)
MOST = 100


def cancel_redundant(new: Pipeline) -> None:
    """A branch has moved on to `new`: what still runs for older commits of it stops, as their own files say."""
    if new.tag:
        return
    older = Pipeline.objects.filter(project=new.project_id, ref=new.ref, tag=False, pk__lt=new.pk)
    unfinished = older.exclude(status__in=COMPLETED).exclude(sha=new.sha)
    for pk in list(unfinished.exclude(_kept()).order_by("-pk").values_list("pk", flat=True)[:MOST]):
        _cancel_one(pk)


def _kept() -> Q:
    """What began with something else than a commit: the pipeline itself, its parent, or the parent of that."""
    child, grandchild = Q(source=Source.PARENT), Q(**{"source": Source.PARENT, f"{_PARENT}source": Source.PARENT})
    of_parent = Q(**{f"{_PARENT}source__in": _KEPT})
    of_grandparent = Q(**{f"{_PARENT}{_PARENT}source__in": _KEPT})
    return Q(source__in=_KEPT) | (child & of_parent) | (grandchild & of_grandparent)


@transaction.atomic
def _cancel_one(pk: int) -> None:
    pipeline = lock(pk)
    rows = pipeline.jobs.current().select_related("manager").select_for_update(of=("self",), no_key=True)
    for job in _pointless(list(rows)):
        if job.status in CANCELABLE:
            cancel(job)
    advance(pipeline)


def _pointless(jobs: list[Job]) -> list[Job]:
    """By default all, unless one has begun that is not to be interrupted."""
    how = next((job.options.get("auto_cancel") or {} for job in jobs), {}).get("on_new_commit", CONSERVATIVE)
    if how == NONE:
        return []
    if how == INTERRUPTIBLE:
        return [job for job in jobs if job.options.get("interruptible")]
    stays = any(job.status not in _NOT_BEGUN and not job.options.get("interruptible") for job in jobs)
    return [] if stays else jobs


@transaction.atomic
def cancel_rest(pk: int) -> None:
    """All of a pipeline that is not over (`workflow:auto_cancel:on_job_failure: all`)."""
    pipeline = lock(pk)
    rows = pipeline.jobs.current().cancelable().select_related("manager")
    for job in rows.select_for_update(of=("self",), no_key=True):
        cancel(job)
    advance(pipeline)
