"""Where a package's files came from, as far as whoever looks may know."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.models import Pipeline
from tokenaccess.access.gate import permitted_ids
from tokenaccess.access.result import Access
from tokenaccess.policy import Action


def visible_pipelines(pipelines: Iterable[Pipeline], access: Access) -> set[int]:
    """The ids of those pipelines that the caller may see. Expects their projects at hand; at most one query.

    A package may come from another project's job, whose pipelines are not for everyone who reads packages here. A job's
    token shows those of the job's own project, however much more its person may see.
    """
    found = {pipeline.pk: pipeline for pipeline in pipelines}
    if access.job is not None:
        seen = {access.job.project_id}
    else:
        projects = {pipeline.project_id: pipeline.project for pipeline in found.values()}
        seen = permitted_ids(access.user, Action.READ_PIPELINES, list(projects.values())) if projects else set()
    return {pk for pk, pipeline in found.items() if pipeline.project_id in seen}
