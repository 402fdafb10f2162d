"""What the last run of entries from the log did, so that it can be undone."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models import Project
from tokenaccess.models.instance import INBOUND_MODES


class AutopopulateRun(models.Model):
    """`inbound_mode`: of the project before. `added`: the ids of entries. `removed`: the entries that they replaced,
    each `{"kind", "id", "default_permissions", "permissions", …}` with the id of its target, and its terms."""

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="autopopulate_run")
    inbound_mode = models.PositiveSmallIntegerField(choices=INBOUND_MODES)
    added = models.JSONField(default=list)
    removed = models.JSONField(default=list)
    at = models.DateTimeField(auto_now=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self) -> str:
        return f"Entries from the log of {self.project}"
