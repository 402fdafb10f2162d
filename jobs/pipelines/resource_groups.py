"""`resource_group`: of the jobs with the same group, only one at a time is pending or running."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs import signals
from jobs.models import Job, ProcessMode, ResourceGroupMode
from jobs.pipelines.advance import advance, enqueue, lock
from jobs.states import ACTIVE, State
from projects.models import Project

# Jobs that will want the group, unless something happens to them before.
UPCOMING = (State.CREATED, State.SCHEDULED, State.WAITING)


def process_mode(project_id: int, name: str) -> str:
    found = ResourceGroupMode.objects.filter(project=project_id, name=name).values_list("process_mode", flat=True)
    return found.first() or ProcessMode.UNORDERED


def upcoming_jobs(project_id: int, name: str, mode: str) -> QuerySet[Job]:
    """In the order in which they get the group. The first may not be ready yet: then the others wait for it."""
    jobs = Job.objects.filter(project=project_id, resource_group=name)
    match mode:
        case ProcessMode.OLDEST_FIRST | ProcessMode.NEWEST_FIRST:
            ready_first = Case(When(status=State.WAITING, then=Value(0)), default=Value(1))
            pipeline = "pipeline_id" if mode == ProcessMode.OLDEST_FIRST else "-pipeline_id"
            return jobs.filter(status__in=UPCOMING, retried=False).order_by(pipeline, ready_first, "id")
        case ProcessMode.NEWEST_READY_FIRST:
            return jobs.filter(status=State.WAITING).order_by("-pipeline_id", "id")
        case _:
            return jobs.filter(status=State.WAITING).order_by("id")


def grant_next(project_id: int, name: str) -> None:
    """Give the group to the job whose turn it is, unless another job still holds it."""
    mode = process_mode(project_id, name)
    while (first := upcoming_jobs(project_id, name, mode).first()) is not None:
        if first.status != State.WAITING or _grant(first, project_id, name):
            return


@transaction.atomic
def set_process_mode(project: Project, name: str, mode: str, *, by: User) -> None:
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if mode == process_mode(project.pk, name):
        return
    ResourceGroupMode.objects.update_or_create(
        project=project, name=name, defaults={"process_mode": mode, "updated_at": timezone.now()}
    )
    message = f"Jobs of the resource group “{name}” of {project.full_path} take turns: {mode}"
    audit.record(
        "resource_group_updated", message, by=by, on=project, path=project.full_path, name=name, process_mode=mode
    )
    signals.send_on_commit(signals.resource_released, project_id=project.pk, name=name)


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
