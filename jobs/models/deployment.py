"""A deployment: a job with an environment that it deploys to."""

from __future__ import annotations

from datetime import datetime

from django.db import models

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


class Deployment(models.Model):
    """Belongs to a job with `environment:action: start`; its status follows from the job's."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deployments")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="deployments")
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="deployment")
    iid = models.PositiveIntegerField(help_text="The number within the project.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, help_text="When its job ended.")

    objects = DeploymentQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["project", "iid"], name="deployment_number_once")]
        indexes = [models.Index(fields=["environment", "-finished_at"], name="deployments_newest")]

    def __str__(self) -> str:
        return f"#{self.iid} to {self.environment}"

    @property
    def status(self) -> str:
        return _STATUS.get(State(self.job.status), "created")

    @property
    def updated_at(self) -> datetime:
        return self.finished_at or self.job.started_at or self.created_at


def job_states_for(status: str) -> list[State]:
    """The states of a job that give a deployment this status."""
    return [state for state in State if _STATUS.get(state, "created") == status]
