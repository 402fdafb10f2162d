"""Which projects of a group, or of the whole instance, have a package that the caller may read."""

from __future__ import annotations

from functools import cache
from typing import Any

from api.rest import ApiError
from resources.packages.formats.uploads import CHALLENGE
from tokenaccess.access.project_list import permitted_projects
from tokenaccess.access.sql.project_search import ProjectSearch, ProjectSearchParams
from tokenaccess.adapters.plain import ApiRequest
from tokenaccess.policy import Action, Target
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.needs import NEEDS


def find_projects(
    request: ApiRequest, kind: str, *, name: str | None = None, version: str | None = None, namespace: str | None = None
) -> list[Target]:
    """Projects with such a package, the oldest first; below the group of the address, and below the one whose path is
    `namespace`. The gate is asked about each: a job's token opens those whose allowlist has its project. A visitor who
    finds nothing is asked to sign in: ApiError."""
    access = request.access
    known = {"kind": kind, "name": name, "version": version}
    values: dict[str, Any] = {column: value for column, value in known.items() if value is not None}
    in_group = NEEDS[access.action].kind is TargetKind.GROUP
    search = _search(tuple(values), in_group, namespace is not None)
    if in_group:
        assert access.facts.target is not None
        values["group"] = access.facts.target.id
    values["namespace"] = namespace
    permitted = permitted_projects(request, Action.READ_PACKAGES, ProjectSearchParams(search, values))
    if not permitted and access.is_anonymous:
        raise ApiError(401, "401 Unauthorized", {"WWW-Authenticate": f'Basic realm="{CHALLENGE}"'})
    return permitted


@cache
def _search(columns: tuple[str, ...], in_group: bool, in_namespace: bool) -> ProjectSearch:
    """For a package of which these columns are known."""
    same = " AND ".join(f"package.{column} = %({column})s" for column in columns)
    return ProjectSearch(
        f"packages_by_{'_'.join(columns)}{'_in_group' * in_group}{'_in_namespace' * in_namespace}",
        Action.READ_PACKAGES,
        dict.fromkeys(columns, "text"),
        f"EXISTS (SELECT 1 FROM packages_package package WHERE package.project_id = found.id AND {same})",  # noqa: S608
        group=in_group,
        namespace=in_namespace,
    )
