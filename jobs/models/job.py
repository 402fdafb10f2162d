"""A job: a script that a runner runs, or a bridge that starts another pipeline."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs.models.environment import Environment
from jobs.models.pipeline import Pipeline
from jobs.models.runner import Runner, RunnerManager
from jobs.models.timed import Timed
from jobs.querysets import JobQuerySet
from jobs.states import COMPLETED, EXECUTING, FailureReason, State
from projects.models import Project


class Job(Timed, models.Model):
    """`user`: the person whom the job's token acts as. `project`: the pipeline's, repeated for the access check."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="jobs")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="jobs")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="jobs")
    runner = models.ForeignKey(Runner, null=True, on_delete=models.SET_NULL, related_name="jobs")
    manager = models.ForeignKey(RunnerManager, null=True, on_delete=models.SET_NULL, related_name="jobs")
    name = models.CharField(max_length=255)
    stage = models.CharField(max_length=255)
    stage_index = models.PositiveIntegerField()
    status = models.CharField(max_length=20, choices=State.choices, default=State.CREATED)
    when = models.CharField(max_length=20, default="on_success", help_text="on_success, on_failure, always, manual …")
    needs = models.JSONField(null=True, help_text="Names of jobs it waits for; null: for the stages before it.")
    protected = models.BooleanField(default=False, help_text=_("Its ref is protected."))
    tag_list = models.JSONField(default=list, help_text=_("Tags a runner must have, every one."))
    tag_key = models.CharField(max_length=64, blank=True, help_text="One value per set of tags; empty for none.")
    options = models.JSONField(default=dict, help_text="The job's keywords after parsing: script, variables …")
    bridge = models.BooleanField(default=False, help_text="It starts another pipeline; no runner takes it.")
    resource_group = models.CharField(max_length=255, blank=True, help_text="One job at a time among those of a name.")
    environment = models.ForeignKey(
        Environment, null=True, on_delete=models.SET_NULL, related_name="jobs", db_index=False
    )
    starts_at = models.DateTimeField(null=True, help_text="When a delayed job goes.")
    allow_failure = models.BooleanField(default=False)
    retried = models.BooleanField(default=False, help_text=_("A newer job of this name has taken its place."))
    manual_retry = models.BooleanField(
        default=False, help_text="Somebody retried it by hand, or the job that it retries."
    )
    failure_reason = models.CharField(max_length=40, choices=FailureReason.choices, blank=True)
    exit_code = models.IntegerField(null=True)
    coverage = models.FloatField(null=True, help_text="Percent of the code its tests reach, as its log says.")
    created_at = models.DateTimeField(auto_now_add=True)
    queued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    timeout = models.PositiveIntegerField(null=True, help_text=_("Seconds it may run, as told to its runner."))
    debug_trace = models.BooleanField(default=False, help_text="Its log shows every variable: for developers only.")
    touched_at = models.DateTimeField(null=True, help_text=_("When the runner was last heard of for this job."))

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = [
            # The queue, by project and by age: runners.queue.candidates finds the oldest job of each kind with these.
            models.Index(
                fields=["project", "protected", "tag_key", "id"],
                name="jobs_pending",
                condition=Q(status=State.PENDING),
            ),
            models.Index(
                fields=["tag_key", "protected", "id", "project"],
                name="jobs_pending_by_age",
                condition=Q(status=State.PENDING),
            ),
            models.Index(fields=["project"], name="jobs_running", condition=Q(status__in=["running", "canceling"])),
            models.Index(
                fields=["project", "resource_group", "id"], name="jobs_of_resource", condition=~Q(resource_group="")
            ),
            models.Index(fields=["environment"], name="jobs_of_environment", condition=Q(environment__isnull=False)),
            models.Index(fields=["starts_at"], name="jobs_delayed", condition=Q(status=State.SCHEDULED)),
            models.Index(fields=["pipeline", "stage_index", "id"], name="jobs_of_pipeline"),
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
    def queued_duration(self) -> float | None:
        """Seconds it waited for a runner."""
        if self.queued_at is None:
            return None
        return ((self.started_at or self.finished_at or timezone.now()) - self.queued_at).total_seconds()

    @property
    def trace_path(self) -> Path:
        return Path(settings.TRACES_DIR) / str(self.pk // 1000) / f"{self.pk}.log"
