"""Which earlier jobs hand a job their artifacts and dotenv variables (runner.md §2.3, §8.6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Prefetch

from jobs.artifacts.types import ARCHIVE, DOTENV
from jobs.models import Job, JobArtifact
from jobs.querysets import JobQuerySet


class MissingDependency(Exception):
    """What the job relies on has been erased, or its time is over."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """`archive` is None for a job that only hands on variables: `[{"key", "value"}]`."""

    job_id: int
    name: str
    archive: JobArtifact | None
    variables: list[dict[str, str]]


def dependencies_of(job: Job) -> list[Dependency]:
    """In the order of stages. Two queries, none for a job before which there is nothing. Raises MissingDependency."""
    earlier = _earlier(job)
    if earlier is None:
        return []
    artifacts = JobArtifact.objects.filter(file_type__in=[ARCHIVE, DOTENV]).with_readable()
    rows = (
        earlier.only("id", "name", "erased_at")
        .annotate(declared=F("options__artifacts"))
        .prefetch_related(Prefetch("artifacts", artifacts))
        .order_by("stage_index", "id")
    )
    found = (_dependency(row) for row in rows)
    return [one for one in found if one.archive or one.variables]


def _earlier(job: Job) -> JobQuerySet | None:
    named = job.options.get("dependencies")
    jobs = Job.objects.current().filter(pipeline=job.pipeline_id)
    if job.needs is not None:
        names = {need["job"] for need in job.needs if need.get("artifacts", True)}
        if named is not None:
            names &= set(named)
        return jobs.filter(name__in=names) if names else None
    if job.stage_index == 0 or named == []:
        return None
    jobs = jobs.filter(stage_index__lt=job.stage_index)
    return jobs if named is None else jobs.filter(name__in=named)


def _dependency(job: Job) -> Dependency:
    if job.erased_at is not None and job.declared:  # type: ignore[attr-defined]
        raise MissingDependency(job.name)
    of_type = {artifact.file_type: artifact for artifact in job.artifacts.all()}
    archive, dotenv = of_type.get(ARCHIVE), of_type.get(DOTENV)
    if archive is not None and not archive.is_readable:  # type: ignore[attr-defined]
        raise MissingDependency(job.name)
    return Dependency(job.pk, job.name, archive, list(dotenv.report or []) if dotenv else [])
