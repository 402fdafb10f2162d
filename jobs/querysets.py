"""Queries about jobs, pipelines and CI variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Avg, Prefetch, Q, QuerySet, Value

from jobs.states import CANCELABLE, EXECUTING, State
from projects.repository import parse_ref

if TYPE_CHECKING:
    from jobs.models import CiVariable, CommitStatus, Job, Pipeline  # noqa: F401
    from projects.models import Project


class PipelineQuerySet(QuerySet["Pipeline"]):
    def of_ref(self, name: str) -> PipelineQuerySet:
        """Those of a branch or tag; `refs/tags/v1`: of the tag only."""
        short, is_tag = parse_ref(name)
        return self.filter(ref=short) if is_tag is None else self.filter(ref=short, tag=is_tag)

    def for_display(self) -> PipelineQuerySet:
        """Loads what a row of a list shows."""
        return self.select_related("user", "project")

    def with_coverage(self) -> PipelineQuerySet:
        """Annotates `coverage`, the average of the current jobs in percent."""
        return self.annotate(coverage=Avg("jobs__coverage", filter=Q(jobs__retried=False)))


class JobQuerySet(QuerySet["Job"]):
    def current(self) -> JobQuerySet:
        """Jobs that were not replaced by a retry."""
        return self.filter(retried=False)

    def pending(self) -> JobQuerySet:
        return self.filter(status=State.PENDING)

    def executing(self) -> JobQuerySet:
        return self.filter(status__in=EXECUTING)

    def cancelable(self) -> JobQuerySet:
        return self.filter(status__in=CANCELABLE)

    def scripts(self) -> JobQuerySet:
        """Jobs that runners run: all but bridges."""
        return self.filter(bridge=False)

    def bridges(self) -> JobQuerySet:
        """Jobs that start another pipeline."""
        return self.filter(bridge=True)

    def for_display(self) -> JobQuerySet:
        """Loads what a row of a list shows, including artifacts."""
        return self.select_related("pipeline", "project", "user", "runner", "manager").with_artifacts()

    def with_artifacts(self) -> JobQuerySet:
        """Loads the artifacts, each with `is_readable`, in one more query."""
        artifacts = apps.get_model("jobs", "JobArtifact").objects.with_readable()
        return self.prefetch_related(Prefetch("artifacts", artifacts))


class CommitStatusQuerySet(QuerySet["CommitStatus"]):
    def with_stage(self) -> CommitStatusQuerySet:
        """Annotates the `stage` that all of them have, for filters that take jobs too."""
        return self.annotate(stage=Value("external"))

    def current(self) -> CommitStatusQuerySet:
        """Those that no later one of their name replaced."""
        return self.filter(retried=False)

    def cancelable(self) -> CommitStatusQuerySet:
        return self.filter(status__in=CANCELABLE)


class CiVariableQuerySet(QuerySet["CiVariable"]):
    def reaching(self, project: Project) -> CiVariableQuerySet:
        """Variables available to jobs of `project`: of the instance, of its ancestor groups, and its own."""
        above = Q(group__descendant_links__group_id=project.group_id)
        return self.filter(Q(project=project) | above | Q(project=None, group=None))
