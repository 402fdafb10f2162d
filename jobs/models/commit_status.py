"""A commit status: what a program outside, such as another CI server, says of a commit."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from jobs.models.pipeline import Pipeline
from jobs.querysets import CommitStatusQuerySet
from jobs.states import State
from projects.models import Project

MAX_TEXT = 255
# The states that may be reported.
REPORTED_STATES = (State.PENDING, State.RUNNING, State.SUCCESS, State.FAILED, State.CANCELED, State.SKIPPED)


class CommitStatus(models.Model):
    """Counts in its pipeline as a job of the last stage, `external`; no runner, token or retry has to do with it."""

    allow_failure = False

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="commit_statuses")
    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="commit_statuses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=MAX_TEXT)
    status = models.CharField(max_length=20, choices=[(state.value, state.label) for state in REPORTED_STATES])
    target_url = models.CharField(max_length=MAX_TEXT, blank=True)
    description = models.CharField(max_length=MAX_TEXT, blank=True)
    coverage = models.FloatField(null=True, help_text=_("Percent."))
    retried = models.BooleanField(default=False, help_text=_("A later one of its name took its place."))
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = CommitStatusQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "commit statuses"
        constraints = [
            models.UniqueConstraint(
                fields=["pipeline", "name"], name="current_commit_status_once", condition=Q(retried=False)
            )
        ]

    def __str__(self) -> str:
        return gettext("%(name)s of pipeline #%(pipeline)s") % {"name": self.name, "pipeline": self.pipeline_id}
