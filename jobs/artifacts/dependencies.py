"""Which earlier jobs pass their artifacts and dotenv variables to a job (runner.md §2.3, §8.6)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import F, Prefetch

from jobs.artifacts.types import ARCHIVE, DOTENV
from jobs.models import Job, JobArtifact
from jobs.querysets import JobQuerySet


class MissingDependency(Exception):
    """Artifacts that the job needs were erased or have expired. The text is the name of their job."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """What one job passes on. `archive`: None if it only has `variables`, `[{"key", "value"}]`, of `dotenv`."""

    job_id: int
    name: str
    archive: JobArtifact | None
    variables: list[dict[str, str]]
    dotenv: JobArtifact | None = None


def dependencies_of(job: Job) -> list[Dependency]:
    """The dependencies of a job, in the order of stages. Raises MissingDependency.

    Runs two queries, or none if no job can come before it.
    """
    earlier = _earlier_jobs(job)
    if earlier is None:
        return []
    dependencies = read_dependencies(earlier.order_by("stage_index", "id"))
    return [dependency for dependency in dependencies if dependency.archive or dependency.variables]


def read_dependencies(jobs: JobQuerySet) -> list[Dependency]:
    """What each of the jobs passes on, if anything. Raises MissingDependency."""
    artifacts = JobArtifact.objects.filter(file_type__in=[ARCHIVE, DOTENV]).with_readable()
    rows = (
        jobs.only("id", "name", "erased_at")
        .annotate(declared=F("options__artifacts"))
        .prefetch_related(Prefetch("artifacts", artifacts))
    )
    return [_dependency(row) for row in rows]


def _earlier_jobs(job: Job) -> JobQuerySet | None:
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
    by_type = {artifact.file_type: artifact for artifact in job.artifacts.all()}
    archive, dotenv = by_type.get(ARCHIVE), by_type.get(DOTENV)
    if archive is not None and not archive.is_readable:  # type: ignore[attr-defined]
        raise MissingDependency(job.name)
    return Dependency(job.pk, job.name, archive, list(dotenv.report or []) if dotenv else [], dotenv)
