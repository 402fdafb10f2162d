"""A schedule that starts pipelines."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from identity.models import User
from jobs.triggers.time_zones import find_zone
from projects.models import Project

MAX_INPUTS = 20  # of one pipeline, as in GitLab


class Schedule(models.Model):
    """Starts a pipeline on `ref` (`main` or `refs/heads/main`) at the times of `cron` in `cron_timezone`, as `owner`,
    whose rights its jobs have."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="schedules")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="schedules")
    description = models.CharField(max_length=255)
    ref = models.CharField(max_length=255)
    cron = models.CharField(max_length=255)
    cron_timezone = models.CharField(max_length=64, default="UTC")
    active = models.BooleanField(default=True)
    variables = models.JSONField(default=list, help_text='[{"key", "value", "variable_type", "raw"}]')
    inputs = models.JSONField(default=list, help_text='[{"name", "value"}] for the inputs of the CI file.')
    next_run_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=500, blank=True, help_text=_("Why its last turn started no pipeline."))
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["next_run_at"], name="schedules_due", condition=Q(active=True))]

    def __str__(self) -> str:
        return self.description

    def acts_as(self, person: User | None) -> bool:
        return person is not None and person == self.owner

    def variables_for(self, person: User | None) -> list[dict[str, Any]]:
        """Its variables, if the person is the owner; otherwise an empty list."""
        return self.variables if self.acts_as(person) else []

    def inputs_for(self, person: User | None) -> list[dict[str, Any]]:
        """Its inputs, if the person is the owner; otherwise an empty list."""
        return self.inputs if self.acts_as(person) else []

    @property
    def input_values(self) -> dict[str, Any]:
        return {one["name"]: one["value"] for one in self.inputs}

    @property
    def zone(self) -> ZoneInfo:
        return find_zone(self.cron_timezone)
