"""What several events have in common: the project, people, commits, times."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from identity.models import User
from projects.models import Project
from projects.repository import Commit
from projects.repository.addresses import ssh_address
from tokenaccess.policy.levels import Visibility

VISIBILITY_LEVELS = {Visibility.PRIVATE: 0, Visibility.INTERNAL: 10, Visibility.PUBLIC: 20}
REDACTED = "[REDACTED]"


def stamp(at: datetime | None) -> str | None:
    """`2016-08-12 15:23:28 UTC`."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def address(path: str) -> str:
    return f"{settings.EXTERNAL_URL}/{path}"


def project_part(project: Project) -> dict[str, Any]:
    home = address(project.full_path)
    ssh, http = ssh_address(project), f"{home}.git"
    return {
        "id": project.pk,
        "name": project.name,
        "description": project.description,
        "web_url": home,
        "avatar_url": None,
        "git_ssh_url": ssh,
        "git_http_url": http,
        "namespace": project.group.name,
        "visibility_level": VISIBILITY_LEVELS[Visibility(project.visibility)],
        "path_with_namespace": project.full_path,
        "default_branch": project.default_branch,
        "ci_config_path": project.ci_config_path or None,
        "homepage": home,
        "url": ssh,
        "ssh_url": ssh,
        "http_url": http,
    }


def repository_part(project: Project) -> dict[str, Any]:
    part = project_part(project)
    names = ("name", "url", "description", "homepage", "git_http_url", "git_ssh_url", "visibility_level")
    return {name: part[name] for name in names}


def person_part(user: User | None) -> dict[str, Any] | None:
    """Nobody's address is told: it is shown to nobody else here either."""
    if user is None:
        return None
    return {
        "id": user.pk,
        "name": user.get_full_name() or user.username,
        "username": user.username,
        "avatar_url": None,
        "email": REDACTED,
    }


def commit_part(project: Project, commit: Commit) -> dict[str, Any]:
    return {
        "id": commit.sha,
        "message": commit.message,
        "title": commit.title,
        "timestamp": commit.committed_at.isoformat(timespec="seconds"),
        "url": address(f"{project.full_path}/-/commit/{commit.sha}"),
        "author": {"name": commit.author_name, "email": commit.author_email},
    }
