"""Where projects and groups were before they were moved: requests for the old path are led to the new one."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from projects.models.group import Group
from projects.models.project import Project


class FormerPath(models.Model):
    """Until something new takes the path (projects.services.paths)."""

    path = models.CharField(max_length=1024)
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="former_paths")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="former_paths")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(project=None, group__isnull=False) | Q(project__isnull=False, group=None),
                name="former_path_of_project_or_group",
            ),
            models.UniqueConstraint(Lower("path"), name="former_path_is_unique"),
        ]

    def __str__(self) -> str:
        return self.path

    @classmethod
    def at_path(cls, path: str) -> models.QuerySet[FormerPath]:
        """Whatever its case, as the index has it."""
        return cls.objects.alias(lower_path=Lower("path")).filter(lower_path=path.lower())

    @classmethod
    def project_ids(cls, paths: Iterable[str]) -> dict[str, int]:
        """Path in lower case → the project that was there, of those where one was. One statement."""
        rows = cls.objects.alias(lower_path=Lower("path")).filter(lower_path__in={path.lower() for path in paths})
        return {path.lower(): pk for path, pk in rows.values_list("path", "project_id") if pk is not None}

    @classmethod
    def claim(cls, path: str) -> None:
        """Something else is there from now on: what was there, or below, is no longer found by it."""
        cls.at_path(path).delete()
        cls.objects.alias(lower_path=Lower("path")).filter(lower_path__startswith=f"{path.lower()}/").delete()
