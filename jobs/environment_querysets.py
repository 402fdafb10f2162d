"""Questions asked of environments and deployments."""

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
        """The last one first: what stands there now."""
        return self.filter(job__status=State.SUCCESS).order_by("-finished_at", "-id")

    def for_display(self) -> DeploymentQuerySet:
        """With what a line about one shows, and its job's line."""
        job = ("job__pipeline", "job__project", "job__user", "job__runner", "job__manager")
        artifacts = apps.get_model("jobs", "JobArtifact").objects.with_readable()
        return self.select_related("environment", *job).prefetch_related(Prefetch("job__artifacts", artifacts))


class EnvironmentQuerySet(QuerySet["Environment"]):
    def with_last(self) -> EnvironmentQuerySet:
        """`last_id`: the number of the deployment that stands there, None where nothing does."""
        last = _deployments().succeeded().filter(environment=OuterRef("pk"))
        return self.annotate(last_id=Subquery(last.values("pk")[:1]))

    def untouched_since(self, moment: datetime) -> EnvironmentQuerySet:
        later = Q(created_at__gte=moment) | Q(finished_at__gte=moment)
        newer = _deployments().filter(later, environment=OuterRef("pk"))
        return self.filter(~Exists(newer), updated_at__lt=moment)

    def deployed_from(self, branch: str) -> EnvironmentQuerySet:
        """Where what stands there came from this branch."""
        last = _deployments().filter(pk=OuterRef("last_id"))
        return self.with_last().filter(Exists(last.filter(job__pipeline__ref=branch, job__pipeline__tag=False)))


def _deployments() -> DeploymentQuerySet:
    rows: DeploymentQuerySet = apps.get_model("jobs", "Deployment").objects.all()
    return rows
