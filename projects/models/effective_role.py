"""The effective access of people, held as django-guardian permission rows with direct foreign keys.

Rows follow from memberships (direct, inherited, not expired) and are rewritten by `roles.effective_roles` in the
transaction that changes one. `user.has_perm("projects.maintain_project", project)` and the prepared access statement
read the same rows. With a direct foreign key they go when the project goes.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from guardian.models import UserObjectPermissionBase

from projects.models.choices import GROUP_CODENAMES, PROJECT_CODENAMES
from projects.models.group import Group
from projects.models.project import Project
from tokenaccess.policy.actions import TargetKind

ROLE_OF = {name: role for names in (PROJECT_CODENAMES, GROUP_CODENAMES) for role, name in names.items()}


class EffectiveRole(UserObjectPermissionBase):
    """One permission of one person in one place. `role` says the same as the permission, as a number that the
    statement of every check can compare without looking the permission up."""

    until = models.DateField(null=True, help_text="The day on which this ends, in UTC; empty for none.")
    role = models.PositiveSmallIntegerField(editable=False, help_text="The role that the permission stands for.")

    class Meta(UserObjectPermissionBase.Meta):
        abstract = True
        # All that a check wants to know of a person in a place.
        indexes = (models.Index(fields=("user", "content_object"), include=("role", "until"), name="%(class)s_roles"),)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Guardian makes a row from a permission alone."""
        self.role = ROLE_OF[self.permission.codename]
        super().save(*args, **kwargs)


class ProjectEffectiveRole(EffectiveRole):
    content_object = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="effective_roles")


class GroupEffectiveRole(EffectiveRole):
    content_object = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="effective_roles")


EFFECTIVE_ROLES: dict[TargetKind, Any] = {
    TargetKind.PROJECT: ProjectEffectiveRole,
    TargetKind.GROUP: GroupEffectiveRole,
}
