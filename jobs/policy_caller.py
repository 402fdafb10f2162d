"""A job as the policy judges it."""

from __future__ import annotations

from jobs.models import Job
from tokenaccess.access.facts import person_of
from tokenaccess.policy import callers
from tokenaccess.policy.levels import FeatureLevel


def caller_of(job: Job) -> callers.Job:
    """Reads the job's project and user: select them along with it."""
    source = job.project
    person = None if job.user is None else person_of(job.user)
    gone = source.pending_deletion or source.builds_access_level == FeatureLevel.DISABLED
    return callers.Job(job.pk, source.pk, source.full_path, job.status, job.erased_at is not None, gone, person)
