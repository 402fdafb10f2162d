"""A job as the policy judges it."""

from __future__ import annotations

from jobs.models import Job, JobToken
from tokenaccess.access.facts import person_of
from tokenaccess.policy import callers
from tokenaccess.policy.conditions import JobContext
from tokenaccess.policy.levels import FeatureLevel
from tokenaccess.policy.narrowing import narrowing_of


def caller_of(job: Job) -> callers.Job:
    """Reads the job's project and user: select them along with it."""
    source = job.project
    person = None if job.user is None else person_of(job.user)
    gone = source.pending_deletion or source.builds_access_level == FeatureLevel.DISABLED
    return callers.Job(job.pk, source.pk, source.full_path, job.status, job.erased_at is not None, gone, person)


def narrowed_caller_of(job: Job) -> callers.Job:
    """As `caller_of`, with what the job left of its token. One statement more."""
    stored = JobToken.objects.filter(job=job).values_list("narrowed_to", flat=True).first()
    return caller_of(job)._replace(narrowing=narrowing_of(stored or ""))


def context_of(job: Job) -> JobContext:
    """What the conditions of an allowlist entry may ask of it. One statement more."""
    address = JobToken.objects.filter(job=job).values_list("taken_from", flat=True).first()
    return JobContext(
        protected=job.protected,
        ref=job.pipeline.ref,
        tag=job.pipeline.tag,
        environment=job.environment.name if job.environment else "",
        pipeline_source=job.pipeline.source,
        fork=job.project.fork_origin is not None,
        manual_retry=job.manual_retry,
        runner_tags=frozenset(job.runner.tag_list if job.runner else ()),
        address=address or "",
    )
