"""What every row about one project knows of it."""

from __future__ import annotations

from projects.models import Project


class ProjectRow:
    """A base for dataclasses with a field `project`, which their own fields say."""

    __slots__ = ()

    project: Project
    kind = "project"

    @property
    def path(self) -> str:
        return self.project.full_path

    @property
    def url(self) -> str:
        return f"/{self.project.full_path}"
