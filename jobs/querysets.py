"""Questions asked of jobs and pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Prefetch, QuerySet

from jobs.states import CANCELABLE, EXECUTING, State

if TYPE_CHECKING:
    from jobs.models import Job, Pipeline  # noqa: F401


class PipelineQuerySet(QuerySet["Pipeline"]):
    def for_display(self) -> PipelineQuerySet:
        """With what a line about a pipeline shows."""
        return self.select_related("user", "project")


class JobQuerySet(QuerySet["Job"]):
    def current(self) -> JobQuerySet:
        """Without those that a retry has replaced."""
        return self.filter(retried=False)

    def pending(self) -> JobQuerySet:
        return self.filter(status=State.PENDING)

    def executing(self) -> JobQuerySet:
        return self.filter(status__in=EXECUTING)

    def cancelable(self) -> JobQuerySet:
        return self.filter(status__in=CANCELABLE)

    def for_display(self) -> JobQuerySet:
        """With what a line about a job shows, its artifacts too."""
        return self.select_related("pipeline", "project", "user", "runner", "manager").with_artifacts()

    def with_artifacts(self) -> JobQuerySet:
        """One more query for all; each artifact says whether it is still readable."""
        artifacts = apps.get_model("jobs", "JobArtifact").objects.with_readable()
        return self.prefetch_related(Prefetch("artifacts", artifacts))
