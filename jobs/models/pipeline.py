"""One run of a project's `.gitlab-ci.yml` on one commit."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from jobs.states import State
from projects.models import Project


class Source(models.TextChoices):
    PUSH = "push"
    WEB = "web"
    API = "api"
    TRIGGER = "trigger"
    PIPELINE = "pipeline"
    SCHEDULE = "schedule"
    PARENT = "parent_pipeline"


class Pipeline(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="pipelines")
    iid = models.PositiveIntegerField(help_text="The number within the project.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="pipelines")
    ref = models.CharField(max_length=255)
    tag = models.BooleanField(default=False)
    sha = models.CharField(max_length=64)
    before_sha = models.CharField(max_length=64, default="0" * 40)
    source = models.CharField(max_length=20, choices=Source.choices)
    status = models.CharField(max_length=20, choices=State.choices, default=State.CREATED, db_index=True)
    variables = models.JSONField(default=list, help_text='[{"key", "value", "variable_type"}] given with the request.')
    yaml_errors = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["project", "iid"], name="pipeline_number_once")]

    def __str__(self) -> str:
        return f"#{self.pk} of {self.project}"
