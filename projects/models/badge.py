"""A small picture with a link that a project's page shows."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from projects.models.group import Group
from projects.models.project import Project

MAX_BADGE_NAME = 255
MAX_BADGE_URL = 2048


class Badge(models.Model):
    """Of one project, or of a group and then of every project below it.

    The URLs may hold placeholders such as `%{project_path}`: projects.badges.placeholders.
    """

    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="badges")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="badges")
    name = models.CharField(max_length=MAX_BADGE_NAME, blank=True)
    link_url = models.CharField(max_length=MAX_BADGE_URL)
    image_url = models.CharField(max_length=MAX_BADGE_URL)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(project=None, group__isnull=False) | Q(project__isnull=False, group=None),
                name="badge_of_project_or_group",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.link_url

    @property
    def kind(self) -> str:
        return "group" if self.project_id is None else "project"
