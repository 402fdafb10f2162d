"""Deployments by REST, to look at and to delete: jobs make them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models.functions import Coalesce
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, not_found
from jobs.api.filters import DeploymentFilters
from jobs.api.serializers.environments import DeploymentSerializer
from jobs.environments.querysets import DeploymentQuerySet
from jobs.environments.services import DeploymentInUse, delete_deployment
from jobs.models import Deployment
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class DeploymentView(GatedView):
    def rows(self) -> DeploymentQuerySet:
        rows = Deployment.objects.filter(project=self.access.project).for_display()
        return rows.annotate(last_moved_at=Coalesce("finished_at", "job__started_at", "created_at"))


class DeploymentList(DeploymentView):
    actions = {"GET": Action.READ_DEPLOYMENTS}

    @operation(DeploymentFilters, returns=DeploymentSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> DeploymentQuerySet:
        return DeploymentFilters.apply(self.rows(), params)


class OneDeployment(DeploymentView):
    """The current one of an environment stays, and one that runs."""

    actions = {"GET": Action.READ_DEPLOYMENTS, "DELETE": Action.DELETE_DEPLOYMENT}

    @operation(returns=DeploymentSerializer)
    def get(self, request: Request, project: str, deployment: int) -> Deployment:
        return self._find(deployment)

    @operation()
    def delete(self, request: Request, project: str, deployment: int) -> None:
        try:
            delete_deployment(self._find(deployment), by=self.current_user)
        except DeploymentInUse as error:
            raise ApiError(400, f"400 {error}") from None
        except ObjectDoesNotExist:
            raise not_found() from None

    def _find(self, deployment: int) -> Deployment:
        found = self.rows().filter(pk=deployment).first()
        if found is None:
            raise not_found()
        return found
