"""The effective access of people, held as django-guardian permission rows with direct foreign keys.

Rows follow from memberships (direct, inherited, not expired) and are rewritten by `projects.standing` in the
transaction that changes one. `user.has_perm("projects.maintain_project", project)` and the prepared access statement
read the same rows. With a direct foreign key they go when the project goes.
"""

from __future__ import annotations

from django.db import models
from guardian.models import UserObjectPermissionBase

from projects.models.group import Group
from projects.models.project import Project


class ProjectStanding(UserObjectPermissionBase):
    content_object = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="standings")
    until = models.DateField(null=True, help_text="The day on which this ends, in UTC; empty for none.")


class GroupStanding(UserObjectPermissionBase):
    content_object = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="standings")
    until = models.DateField(null=True, help_text="The day on which this ends, in UTC; empty for none.")
