"""Where git reaches a project over SSH."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from projects.models import Project


def ssh_address(project: Project) -> str:
    """`git@host:group/project.git`, or with a port `ssh://git@host:2222/group/project.git`."""
    if urlsplit(settings.SSH_URL).port in {None, 22}:
        return f"{settings.SSH_URL.removeprefix('ssh://').removesuffix(':22')}:{project.full_path}.git"
    return f"{settings.SSH_URL}/{project.full_path}.git"
