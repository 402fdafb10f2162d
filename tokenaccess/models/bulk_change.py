"""What the last change of many entries of a list did, so that it can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from projects.models import Group, Project


class BulkChange(models.Model):
    """Of the inbound list of one project or group. `added` and `changed`: `{"entry": its id, "now": …}`, of one changed
    also `"before"`; `removed`: what each was. All as `describe_entry` has them (allowlist.services.described)."""

    project = models.OneToOneField(Project, null=True, on_delete=models.CASCADE, related_name="bulk_change")
    group = models.OneToOneField(Group, null=True, on_delete=models.CASCADE, related_name="bulk_change")
    added = models.JSONField(default=list)
    changed = models.JSONField(default=list)
    removed = models.JSONField(default=list)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(project=None, group__isnull=False) | Q(project__isnull=False, group=None),
                name="bulk_change_of_project_or_group",
            )
        ]

    def __str__(self) -> str:
        return f"Change of many entries of {self.project or self.group}"
