"""A group that is invited into a project or into another group: its members are members there too."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from projects.models.choices import ROLES
from projects.models.group import Group
from projects.models.project import Project


class GroupLink(models.Model):
    """`role` is the most that anyone gets by it. Ends when `expires_at` begins, in UTC.

    It counts for the members of `invited` and of the groups above it, not for those whom `invited` has by a link.
    """

    invited = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="links")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="group_links")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="group_links")
    role = models.PositiveSmallIntegerField(choices=ROLES)
    expires_at = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(project=None, group__isnull=False) | Q(project__isnull=False, group=None),
                name="group_link_in_project_or_group",
            ),
            models.UniqueConstraint(fields=["invited", "project"], name="one_group_link_in_project"),
            models.UniqueConstraint(fields=["invited", "group"], name="one_group_link_in_group"),
        ]

    def __str__(self) -> str:
        return f"{self.invited} in {self.project or self.group}: {self.get_role_display()}"
