"""Which jobs may be named to whoever looks: a state may have been written by another project's."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.models import Job
from tokenaccess.access.gate import permitted_ids
from tokenaccess.access.result import Access
from tokenaccess.policy import Action


def visible_jobs(jobs: Iterable[Job | None], access: Access) -> set[int]:
    """The ids of those that the person may see. Expects their projects at hand; at most one query."""
    found = [job for job in jobs if job is not None]
    projects = {job.project_id: job.project for job in found}
    seen = permitted_ids(access.user, Action.READ_JOBS, list(projects.values())) if projects else set()
    return {job.pk for job in found if job.project_id in seen}
