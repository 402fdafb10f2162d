"""What keeps a project from moving to another path, in sentences of the apps that depend on it.

Apps whose data is addressed by the project's path add their own (in their AppConfig.ready):

    FIXED_PATHS.append(IMAGES_STAY)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.db.models import QuerySet

from projects.models import Project


class FixedPath(NamedTuple):
    """`fixed`: those of some projects that cannot move; `reason`: why, as a sentence."""

    fixed: Callable[[QuerySet[Project]], QuerySet[Project]]
    reason: str


FIXED_PATHS: list[FixedPath] = []


def reason_to_stay(projects: QuerySet[Project]) -> str:
    """Why one of the projects cannot move, "" if all can."""
    return next((one.reason for one in FIXED_PATHS if one.fixed(projects).exists()), "")


def fixed_projects(projects: QuerySet[Project]) -> set[int]:
    """The ids of those that cannot move. One statement for each reason."""
    return {pk for one in FIXED_PATHS for pk in one.fixed(projects).values_list("pk", flat=True)}
