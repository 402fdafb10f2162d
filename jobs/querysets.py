"""Questions asked of jobs and pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Avg, Prefetch, Q, QuerySet

from jobs.states import CANCELABLE, EXECUTING, State

if TYPE_CHECKING:
    from jobs.models import CiVariable, Job, Pipeline  # noqa: F401
    from projects.models import Project


class PipelineQuerySet(QuerySet["Pipeline"]):
    def for_display(self) -> PipelineQuerySet:
        """With what a line about a pipeline shows."""
        return self.select_related("user", "project")

    def with_coverage(self) -> PipelineQuerySet:
        """Their `coverage` in the same statement."""
        return self.annotate(coverage=Avg("jobs__coverage", filter=Q(jobs__retried=False)))


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

    def scripts(self) -> JobQuerySet:
        """What runners run; without those that only start another pipeline."""
        return self.filter(bridge=False)

    def bridges(self) -> JobQuerySet:
        """Those that start another pipeline."""
        return self.filter(bridge=True)

    def for_display(self) -> JobQuerySet:
        """With what a line about a job shows, its artifacts too."""
        return self.select_related("pipeline", "project", "user", "runner", "manager").with_artifacts()

    def with_artifacts(self) -> JobQuerySet:
        """One more query for all; each artifact says whether it is still readable."""
        artifacts = apps.get_model("jobs", "JobArtifact").objects.with_readable()
        return self.prefetch_related(Prefetch("artifacts", artifacts))


class CiVariableQuerySet(QuerySet["CiVariable"]):
    def reaching(self, project: Project) -> CiVariableQuerySet:
        """All that a job of `project` may be given: the instance's, those of the groups above, its own."""
        above = Q(group__descendant_links__group_id=project.group_id)
        return self.filter(Q(project=project) | above | Q(project=None, group=None))
