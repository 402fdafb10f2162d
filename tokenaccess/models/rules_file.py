"""Which projects a rules file was applied to."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models import Project


class RulesFile(models.Model):
    """`rules`: what the file made of the project's settings and lists (tokenaccess.rules_file.rule_set), to tell what
    has changed since."""

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="rules_file")
    rules = models.JSONField()
    applied_at = models.DateTimeField()
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    def __str__(self) -> str:
        return f"Rules file of {self.project}"
