"""Which projects and groups a rules file was applied to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext

from projects.models import Group, Project


class AppliedFile(models.Model):
    """`rules`: what the file made of the settings and lists (tokenaccess.rules_file.rule_set), to tell what has changed
    since."""

    rules = models.JSONField()
    applied_at = models.DateTimeField()
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return gettext("Rules file of %(place)s") % {"place": self.pk}


class RulesFile(AppliedFile):
    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="rules_file")


class GroupRulesFile(AppliedFile):
    group = models.OneToOneField(Group, primary_key=True, on_delete=models.CASCADE, related_name="rules_file")
