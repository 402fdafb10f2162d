"""`resource_group`: of the jobs that name one, one at a time goes to the queue or runs."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from jobs.models import Job
from jobs.services.progress import advance, go, lock
from jobs.states import ACTIVE, State
from projects.models import Project


def hand_over(project_id: int, name: str) -> None:
    """Gives a free resource group to the job that waits longest for it."""
    group = Job.objects.filter(project=project_id, resource_group=name)
    while first := group.filter(status=State.WAITING).order_by("id").first():
        if _give(first, project_id, name):
            return


@transaction.atomic
def _give(job: Job, project_id: int, name: str) -> bool:
    """False when the job has stopped waiting meanwhile."""
    pipeline = lock(job.pipeline_id)
    Project.objects.select_for_update(no_key=True).get(pk=project_id)  # one of these at a time
    if Job.objects.filter(project=project_id, resource_group=name, status__in=ACTIVE).exists():
        return True
    found = Job.objects.filter(pk=job.pk, status=State.WAITING).first()
    if found is None:
        return False
    go(found, timezone.now(), holds_resource=True)
    found.save(update_fields=["status", "queued_at", "started_at"])
    advance(pipeline)
    return True
