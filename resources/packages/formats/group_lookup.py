"""Which projects of a group, or of the whole instance, have a package that the caller may read."""

from __future__ import annotations

from api.rest import ApiError
from projects.models import Project
from resources.packages.formats.uploads import CHALLENGE
from resources.packages.querysets import projects_with_package
from tokenaccess.access.project_list import permitted_projects, projects_of
from tokenaccess.adapters.plain import ApiRequest
from tokenaccess.policy import Action, DeployToken
from tokenaccess.policy.actions import NEEDS, TargetKind


def find_projects(request: ApiRequest, **known: str) -> list[Project]:
    """Projects with a package like `known` (`kind`, `name` …), the oldest first. The gate is asked about each: a job's
    token opens those whose allowlist has its project. A visitor who finds nothing is asked to sign in: ApiError."""
    access = request.access
    projects = Project.objects.select_related("group").order_by("pk")
    if NEEDS[access.action].kind is TargetKind.GROUP:
        assert access.facts.target is not None
        projects = projects.below(access.facts.target.id)
    home = projects_of(access.caller) if isinstance(access.caller, DeployToken) else ()
    found = projects_with_package(access.user, projects, home, **known)
    permitted = permitted_projects(request, Action.READ_PACKAGES, list(found))
    if not permitted and access.is_anonymous:
        raise ApiError(401, "401 Unauthorized", {"WWW-Authenticate": f'Basic realm="{CHALLENGE}"'})
    return permitted
