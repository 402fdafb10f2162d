"""`resource_group`: of the jobs with the same group, only one at a time is pending or running."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from jobs.models import Job
from jobs.pipelines.advance import advance, enqueue, lock
from jobs.states import ACTIVE, State
from projects.models import Project


def grant_next(project_id: int, name: str) -> None:
    """Give the group to the job that has waited longest for it, unless another job still holds it."""
    group = Job.objects.filter(project=project_id, resource_group=name)
    while first := group.filter(status=State.WAITING).order_by("id").first():
        if _grant(first, project_id, name):
            return


@transaction.atomic
def _grant(job: Job, project_id: int, name: str) -> bool:
    """Returns False if the job no longer waits for the group."""
    pipeline = lock(job.pipeline_id)
    Project.objects.select_for_update(no_key=True).get(pk=project_id)  # serializes the grants of one project
    if Job.objects.filter(project=project_id, resource_group=name, status__in=ACTIVE).exists():
        return True
    waiting = Job.objects.filter(pk=job.pk, status=State.WAITING).first()
    if waiting is None:
        return False
    enqueue(waiting, timezone.now(), holds_resource=True)
    waiting.save(update_fields=["status", "queued_at", "started_at"])
    advance(pipeline)
    return True
