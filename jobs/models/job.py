"""One script that a runner runs, as the person who started it."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q

from jobs.models.pipeline import Pipeline
from jobs.models.runner import Runner, RunnerManager
from jobs.states import COMPLETED, EXECUTING, FailureReason, State
from projects.models import Project


class Job(models.Model):
    """`user` is the person the job's token acts as. `project` repeats the pipeline's, for the access check."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="jobs")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="jobs")
    runner = models.ForeignKey(Runner, null=True, on_delete=models.SET_NULL, related_name="jobs")
    manager = models.ForeignKey(RunnerManager, null=True, on_delete=models.SET_NULL, related_name="jobs")
    name = models.CharField(max_length=255)
    stage = models.CharField(max_length=255)
    stage_index = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=State.choices, default=State.CREATED)
    tag_list = models.JSONField(default=list, help_text="Tags a runner must have, every one.")
    options = models.JSONField(default=dict, help_text="The job's keywords after parsing: script, variables …")
    allow_failure = models.BooleanField(default=False)
    retried = models.BooleanField(default=False, help_text="A newer job of this name has taken its place.")
    failure_reason = models.CharField(max_length=40, choices=FailureReason.choices, blank=True)
    exit_code = models.IntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    touched_at = models.DateTimeField(null=True, help_text="When the runner was last heard of for this job.")

    class Meta:
        ordering = ("id",)
        indexes = [
            # The queue: pending jobs, oldest first.
            models.Index(fields=["id"], name="jobs_pending", condition=Q(status=State.PENDING)),
            models.Index(fields=["project", "-id"], name="jobs_of_project"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

    @property
    def executing(self) -> bool:
        return self.status in EXECUTING

    @property
    def complete(self) -> bool:
        return self.status in COMPLETED

    @property
    def trace_path(self) -> Path:
        return Path(settings.TRACES_DIR) / str(self.pk // 1000) / f"{self.pk}.log"
