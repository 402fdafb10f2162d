"""What the report of a trial leaves out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext

from projects.models import Group, Project


class IgnoredSource(models.Model):
    """A source that may well be refused once `project` enforces its limit."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="ignored_sources")
    source = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    ignored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["project", "source"], name="source_ignored_once")]

    def __str__(self) -> str:
        return gettext("%(source)s in %(target)s") % {"source": self.source, "target": self.project}


class GroupIgnoredSource(models.Model):
    """A source that may well be refused once `group` enforces the limit of all projects below it."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="ignored_sources")
    source = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    ignored_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["group", "source"], name="source_ignored_once_by_group")]

    def __str__(self) -> str:
        return gettext("%(source)s in %(target)s") % {"source": self.source, "target": self.group}
