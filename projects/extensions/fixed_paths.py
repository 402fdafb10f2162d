"""What keeps a project from moving to another path, in sentences of the apps that depend on it.

Apps whose data is addressed by the project's path add their own (in their AppConfig.ready):

    FIXED_PATHS.append(reason_to_stay)
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import QuerySet

from projects.models import Project

FIXED_PATHS: list[Callable[[QuerySet[Project]], str]] = []


def reason_to_stay(projects: QuerySet[Project]) -> str:
    """Why one of the projects cannot move, "" if all can."""
    return next((reason for reason_of in FIXED_PATHS if (reason := reason_of(projects))), "")
