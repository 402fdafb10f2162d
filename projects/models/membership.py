"""A person's role in a project or a group: what people edit. Effective roles follow from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from projects.models.choices import ROLES
from projects.models.group import Group
from projects.models.project import Project


class Membership(models.Model):
    """In a project or in a group (then it is inherited by all below). Ends when `expires_at` begins, in UTC."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=ROLES)
    expires_at = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(project=None, group__isnull=False) | Q(project__isnull=False, group=None),
                name="membership_in_project_or_group",
            ),
            models.UniqueConstraint(fields=["user", "project"], name="one_membership_in_project"),
            models.UniqueConstraint(fields=["user", "group"], name="one_membership_in_group"),
        ]

    def __str__(self) -> str:
        return gettext("%(person)s in %(place)s: %(role)s") % {
            "person": self.user,
            "place": self.project or self.group,
            "role": self.get_role_display(),
        }
