"""Groups and projects as JSON, in the original's keys (job-token.md §3). Whole pages at once: what needs look-ups asks
once for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from rest_framework.request import Request

from config.rest import moment
from identity.models import User
from projects.browse import readme_path
from projects.extras import EXTRAS
from projects.full_names import full_names
from projects.models import Group, Membership, Project
from projects.repository import Repository
from projects.roles import today
from tokenaccess.gate import may, which
from tokenaccess.policy import Action
from tokenaccess.policy.levels import FeatureLevel

GUEST_NOTIFICATIONS = 3  # the original's "global" notification level; there are no notifications here


def viewer(request: Request) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _web(request: Request, path: str) -> str:
    return request.build_absolute_uri(f"/{path}")


# --- Groups -----------------------------------------------------------------------------------------------------------


def groups_json(groups: Sequence[Group], request: Request) -> list[dict[str, Any]]:
    """One query, however many groups."""
    names = full_names(group.pk for group in groups)
    return [
        {
            "id": group.pk,
            "web_url": _web(request, f"groups/{group.full_path}"),
            "name": group.name,
            "path": group.path,
            "description": group.description,
            "visibility": group.visibility_name,
            "avatar_url": None,
            "full_name": names[group.pk],
            "full_path": group.full_path,
            "created_at": moment(group.created_at),
            "parent_id": group.parent_id,
        }
        for group in groups
    ]


def group_json(group: Group, request: Request) -> dict[str, Any]:
    return groups_json([group], request)[0]


def namespace_json(group: Group, request: Request) -> dict[str, Any]:
    """A group or a person's own namespace, as a project names where it lies."""
    personal = group.person_id is not None
    return {
        "id": group.pk,
        "name": group.name,
        "path": group.path,
        "kind": "user" if personal else "group",
        "full_path": group.full_path,
        "parent_id": group.parent_id,
        "avatar_url": None,
        "web_url": _web(request, group.full_path if personal else f"groups/{group.full_path}"),
    }


# --- Projects ---------------------------------------------------------------------------------------------------------


def basic_projects(projects: Sequence[Project], request: Request) -> list[dict[str, Any]]:
    """The keys of job-token.md §3; select `group` with the projects. Two queries, however many.

    `default_branch`, `readme_url` and `forks_count` only where the viewer may read the code.
    """
    names = full_names(project.group_id for project in projects)
    readable = which(viewer(request), Action.READ_CODE, projects)
    return [_basic(project, names[project.group_id], project.pk in readable, request) for project in projects]


def _basic(project: Project, namespace_name: str, reads_code: bool, request: Request) -> dict[str, Any]:
    address = _web(request, project.full_path)
    shown = {
        "id": project.pk,
        "description": project.description,
        "name": project.name,
        "name_with_namespace": f"{namespace_name} / {project.name}",
        "path": project.path,
        "path_with_namespace": project.full_path,
        "created_at": moment(project.created_at),
        "tag_list": [],
        "topics": [],
        "ssh_url_to_repo": f"git@{request.get_host().partition(':')[0]}:{project.full_path}.git",
        "http_url_to_repo": f"{address}.git",
        "web_url": address,
        "avatar_url": None,
        "star_count": 0,
        "last_activity_at": moment(project.last_activity_at),
        "visibility": project.visibility_name,
        "namespace": namespace_json(project.group, request),
    }
    if reads_code:
        readme = readme_path(Repository(project.repository_path), project.default_branch)
        shown["default_branch"] = project.default_branch
        shown["readme_url"] = readme and f"{address}/-/blob/{project.default_branch}/{readme}"
        shown["forks_count"] = 0
    return shown


def full_projects(projects: Sequence[Project], request: Request) -> list[dict[str, Any]]:
    """Everything about projects but what needs their repository or other apps. Four queries, however many."""
    permissions = _permissions(viewer(request), projects)
    basics = basic_projects(projects, request)
    return [
        {**basic, **_settings(project, request), "permissions": permissions[project.pk]}
        for project, basic in zip(projects, basics, strict=True)
    ]


def full_project(project: Project, request: Request) -> dict[str, Any]:
    """One project, also with what other apps keep of it (projects.extras)."""
    shown = full_projects([project], request)[0]
    if "default_branch" in shown:
        shown["empty_repo"] = Repository(project.repository_path).is_empty()
    inner = request._request
    shown.update({extra.name: extra.read(project) for extra in EXTRAS if may(inner, extra.action, project)})
    return shown


def _settings(project: Project, request: Request) -> dict[str, Any]:
    api = request.build_absolute_uri(f"/api/v4/projects/{project.pk}")
    return {
        "_links": {
            "self": api,
            "repo_branches": f"{api}/repository/branches",
            "members": f"{api}/members",
        },
        "archived": project.archived,
        "creator_id": project.creator_id,
        "import_status": "none",
        "repository_access_level": _level(project.repository_access_level),
        "builds_access_level": _level(project.builds_access_level),
        "package_registry_access_level": _level(project.package_registry_access_level),
        "packages_enabled": project.package_registry_access_level != FeatureLevel.DISABLED,
        "jobs_enabled": project.builds_access_level != FeatureLevel.DISABLED,
        "shared_runners_enabled": project.shared_runners_enabled,
        "keep_latest_artifact": project.keep_latest_artifact,
        "public_jobs": project.public_jobs,
        "ci_config_path": project.ci_config_path,
        "build_timeout": project.build_timeout,
        "ci_default_git_depth": project.git_depth,
    }


def _level(value: int) -> str:
    return FeatureLevel(value).name.lower()


def _permissions(user: User | None, projects: Iterable[Project]) -> dict[int, dict[str, Any]]:
    """Project id → the viewer's membership in the project itself and the highest one in the groups above."""
    projects = list(projects)
    own: dict[int, int] = {}
    through: dict[int, int] = {}
    if user is not None:
        alive = Membership.objects.filter(Q(expires_at=None) | Q(expires_at__gt=today()), user=user)
        own = dict(alive.filter(project__in=[project.pk for project in projects]).values_list("project_id", "role"))
        groups = alive.filter(group__descendant_links__group__in={project.group_id for project in projects})
        for group_id, role in groups.values_list("group__descendant_links__group_id", "role"):
            through[group_id] = max(role, through.get(group_id, 0))
    return {
        project.pk: {"project_access": _held(own.get(project.pk)), "group_access": _held(through.get(project.group_id))}
        for project in projects
    }


def _held(role: int | None) -> dict[str, int] | None:
    return None if role is None else {"access_level": role, "notification_level": GUEST_NOTIFICATIONS}
