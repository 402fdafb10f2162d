"""What a caller may do in each of several projects, for addresses that reach into all of a group or of the instance."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpRequest

from projects.models import Project
from tokenaccess.access.facts import job_facts_of_many, target_from_row
from tokenaccess.access.gate import permitted_ids
from tokenaccess.access.request_state import request_state
from tokenaccess.access.result import Access
from tokenaccess.access.sql.project_search import ProjectSearchParams
from tokenaccess.policy import Action, DeployToken, Facts, Job, Target, decide


def permitted_projects(request: HttpRequest, action: Action, search: ProjectSearchParams) -> list[Target]:
    """Of the projects that are found those where the admitted caller of the request may do it, the oldest first. For a
    job each counts as a use of its token there. One statement for a job."""
    access: Access = request_state(request).access  # type: ignore[assignment]
    if isinstance(access.caller, Job):
        return _permitted_to_job(request, access.caller, action, search)
    if isinstance(access.caller, DeployToken):
        return _permitted_to_deploy_token(access.caller, action, search)
    projects = _load_projects(search.fetch_ids(access.caller, []))
    permitted = permitted_ids(access.user, action, projects)
    return [target_from_row(project) for project in projects if project.pk in permitted]


def _permitted_to_job(request: HttpRequest, job: Job, action: Action, search: ProjectSearchParams) -> list[Target]:
    asked = [Access(job, action, facts, decide(job, action, facts)) for facts in job_facts_of_many(job, search)]
    uses = [use for use in asked if use.decision.allowed]
    request_state(request).uses += uses
    return [use.facts.target for use in uses if use.facts.target is not None]


def _permitted_to_deploy_token(caller: DeployToken, action: Action, search: ProjectSearchParams) -> list[Target]:
    home = _home_of(caller)
    rows = _load_projects(search.fetch_ids(caller, home))
    facts = [Facts(target_from_row(row), is_home=row.pk in home) for row in rows]
    return [one.target for one in facts if one.target is not None and decide(caller, action, one).allowed]


def _home_of(token: DeployToken) -> list[int]:
    """Where it belongs. One statement."""
    alive = Project.objects.alive()
    home = alive.below(token.group_id or 0) if token.project_id is None else alive.filter(pk=token.project_id)
    return list(home.values_list("pk", flat=True))


def _load_projects(ids: Sequence[int]) -> list[Project]:
    """One statement, whether there are any or not."""
    return list(Project.objects.filter(pk__in=ids or [0]).order_by("pk"))
