"""Finds artifacts by ref and job name (resources.md §4)."""

from __future__ import annotations

from django.db.models import Q, Subquery

from jobs.artifacts.types import ARCHIVE
from jobs.models import JobArtifact, Pipeline
from jobs.models.pipeline import NOT_OF_REF, Source
from jobs.states import State


def latest_archive(project_id: int, ref: str, job_name: str) -> JobArtifact | None:
    """The archive of the named job in the newest successful pipeline of a branch or tag, or in its child pipelines.

    One statement. The artifact's `job` is loaded.
    """
    newest = (
        Pipeline.objects.filter(project=project_id, status=State.SUCCESS)
        .of_ref(ref)
        .exclude(source__in=NOT_OF_REF)
        .order_by("-id")
        .values("pk")[:1]
    )
    own = Q(job__pipeline=Subquery(newest))
    child = Q(job__pipeline__source=Source.PARENT, job__pipeline__started_by_job__pipeline=Subquery(newest))
    return (
        JobArtifact.objects.readable()
        .filter(own | child, file_type=ARCHIVE, job__name=job_name, job__retried=False, job__project=project_id)
        .select_related("job")
        .annotate(is_child=child)
        .order_by("is_child", "-job__pipeline_id", "-id")
        .first()
    )
