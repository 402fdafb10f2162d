"""Paths of projects that ID tokens were issued for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class IdTokenPath(models.Model):
    """Outlives the project, so that no other project at the same path passes for it. Administrators may delete it."""

    path = models.CharField(max_length=1024, unique=True, help_text=_("In lower case."))
    project_id = models.BigIntegerField("id of the project")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("path",)
        verbose_name = "path in ID tokens"
        verbose_name_plural = "paths in ID tokens"

    def __str__(self) -> str:
        return self.path
