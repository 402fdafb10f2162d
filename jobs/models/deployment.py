"""A deployment: a job with an environment that it deploys to, or what somebody reports of one by the API."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from identity.models import User
from jobs.environments.querysets import DeploymentQuerySet
from jobs.models.environment import Environment
from jobs.models.job import Job
from jobs.states import State
from projects.models import Project

# Status of the job → status of the deployment; `created` for all others.
_STATUS = {
    State.RUNNING: "running",
    State.CANCELING: "running",
    State.SUCCESS: "success",
    State.FAILED: "failed",
    State.CANCELED: "canceled",
    State.SKIPPED: "skipped",
    State.MANUAL: "blocked",
}
STATUSES = ("created", *dict.fromkeys(_STATUS.values()))
# What may be reported of one that no job makes.
REPORTED_STATUSES = ("running", "success", "failed", "canceled")


class Deployment(models.Model):
    """Belongs to a job with `environment:action: start`; its status, commit and person follow from the job's. Without a
    job they are what was reported."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deployments")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="deployments")
    job = models.OneToOneField(Job, null=True, on_delete=models.CASCADE, related_name="deployment")
    iid = models.PositiveIntegerField(help_text=_("The number within the project."))
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, help_text=_("When its job ended."))
    reported_status = models.CharField(
        max_length=20, blank=True, help_text="Only of one without a job, as what follows."
    )
    reported_ref = models.CharField(max_length=255, blank=True)
    reported_sha = models.CharField(max_length=40, blank=True)
    reported_tag = models.BooleanField(default=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["project", "iid"], name="deployment_number_once"),
            models.CheckConstraint(condition=Q(job=None) ^ Q(reported_status=""), name="deployment_by_job_or_reported"),
        ]
        indexes = [models.Index(fields=["environment", "-finished_at"], name="deployments_newest")]

    def __str__(self) -> str:
        return gettext("#%(number)s to %(environment)s") % {"number": self.iid, "environment": self.environment}

    @property
    def status(self) -> str:
        return self.reported_status if self.job is None else _STATUS.get(State(self.job.status), "created")

    @property
    def ref(self) -> str:
        return self.reported_ref if self.job is None else self.job.pipeline.ref

    @property
    def sha(self) -> str:
        return self.reported_sha if self.job is None else self.job.pipeline.sha

    @property
    def tag(self) -> bool:
        return self.reported_tag if self.job is None else self.job.pipeline.tag

    @property
    def user(self) -> User | None:
        return self.reporter if self.job is None else self.job.user

    @property
    def updated_at(self) -> datetime:
        return self.finished_at or (self.job and self.job.started_at) or self.created_at


def job_states_for(status: str) -> list[State]:
    """The states of a job that give a deployment this status."""
    return [state for state in State if _STATUS.get(state, "created") == status]
