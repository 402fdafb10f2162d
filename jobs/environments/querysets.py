"""Queries about environments and deployments."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.apps import apps
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from jobs.states import State

if TYPE_CHECKING:
    from jobs.models import Deployment, Environment  # noqa: F401


class DeploymentQuerySet(QuerySet["Deployment"]):
    def succeeded(self) -> DeploymentQuerySet:
        """Successful deployments, last one first: that is the current one."""
        by_job_or_reported = Q(job__status=State.SUCCESS) | Q(reported_status="success")
        return self.filter(by_job_or_reported).order_by("-finished_at", "-id")

    def for_display(self) -> DeploymentQuerySet:
        """Loads what a row of a list shows, including its job."""
        job = ("job__pipeline", "job__project", "job__user", "job__runner", "job__manager")
        artifacts = apps.get_model("jobs", "JobArtifact").objects.with_readable()
        return self.select_related("environment", "reporter", *job).prefetch_related(
            Prefetch("job__artifacts", artifacts)
        )


class EnvironmentQuerySet(QuerySet["Environment"]):
    def with_last_deployment(self) -> EnvironmentQuerySet:
        """Annotates `last_id`, the id of the current deployment, or None."""
        last = _deployments().succeeded().filter(environment=OuterRef("pk"))
        return self.annotate(last_id=Subquery(last.values("pk")[:1]))

    def stopped_review_apps(self, before: datetime) -> EnvironmentQuerySet:
        """Stopped environments called `review/…`, created before that."""
        return self.filter(state="stopped", name__startswith="review/", created_at__lt=before)

    def untouched_since(self, moment: datetime) -> EnvironmentQuerySet:
        """Environments that were neither changed nor deployed to since `moment`."""
        later = Q(created_at__gte=moment) | Q(finished_at__gte=moment)
        newer = _deployments().filter(later, environment=OuterRef("pk"))
        return self.filter(~Exists(newer), updated_at__lt=moment)

    def deployed_from(self, branch: str) -> EnvironmentQuerySet:
        """Environments whose current deployment came from this branch."""
        last = _deployments().filter(pk=OuterRef("last_id"))
        return self.with_last_deployment().filter(
            Exists(
                last.filter(
                    Q(job__pipeline__ref=branch, job__pipeline__tag=False)
                    | Q(job=None, reported_ref=branch, reported_tag=False)
                )
            )
        )


def _deployments() -> DeploymentQuerySet:
    rows: DeploymentQuerySet = apps.get_model("jobs", "Deployment").objects.all()
    return rows
