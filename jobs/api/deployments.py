"""Deployments by REST: those of jobs to look at, those of nobody's job also to report."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models.functions import Coalesce
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, bad_request, forbidden, not_found
from api.serializers import MessageSerializer
from jobs.api.filters import DeploymentFilters
from jobs.api.params.deployments import Approval, DeploymentStatus, ReportedDeployment
from jobs.api.serializers.environments import DeploymentDetailSerializer, DeploymentSerializer
from jobs.environments.querysets import DeploymentQuerySet
from jobs.environments.reported import MadeByJob, SameStatus, UnknownCommit, report_deployment, update_deployment
from jobs.environments.services import DeploymentInUse, delete_deployment
from jobs.models import Deployment
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class DeploymentView(GatedView):
    def rows(self) -> DeploymentQuerySet:
        rows = Deployment.objects.filter(project=self.access.project).for_display()
        return rows.annotate(last_moved_at=Coalesce("finished_at", "job__started_at", "created_at"))

    def find(self, deployment: int) -> Deployment:
        found = self.rows().filter(pk=deployment).first()
        if found is None:
            raise not_found()
        return found


class DeploymentList(DeploymentView):
    actions = {"GET": Action.READ_DEPLOYMENTS, "POST": Action.REPORT_DEPLOYMENT}

    @operation(DeploymentFilters, returns=DeploymentSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> DeploymentQuerySet:
        return DeploymentFilters.apply(self.rows(), params)

    @operation(ReportedDeployment, returns=DeploymentSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Deployment:
        try:
            made = report_deployment(project=self.access.project, by=self.current_user, **params)
        except UnknownCommit:
            raise bad_request("The commit is unknown") from None
        return self.find(made.pk)


class OneDeployment(DeploymentView):
    """The current one of an environment stays, and one that runs."""

    actions = {
        "GET": Action.READ_DEPLOYMENTS,
        "PUT": Action.UPDATE_DEPLOYMENT,
        "DELETE": Action.DELETE_DEPLOYMENT,
    }

    @operation(returns=DeploymentDetailSerializer)
    def get(self, request: Request, project: str, deployment: int) -> Deployment:
        return self.find(deployment)

    @operation(DeploymentStatus, returns=DeploymentSerializer)
    def put(self, request: Request, project: str, deployment: int, params: dict[str, Any]) -> Deployment:
        try:
            update_deployment(self.find(deployment), by=self.current_user, status=params["status"])
        except MadeByJob:
            raise forbidden() from None
        except SameStatus:
            raise bad_request(f"The deployment is {params['status']} already") from None
        except ObjectDoesNotExist:
            raise not_found() from None
        return self.find(deployment)

    @operation()
    def delete(self, request: Request, project: str, deployment: int) -> None:
        try:
            delete_deployment(self.find(deployment), by=self.current_user)
        except DeploymentInUse as error:
            raise ApiError(400, f"400 {error}") from None
        except ObjectDoesNotExist:
            raise not_found() from None


class DeploymentApproval(DeploymentView):
    """No environment is protected here, so none waits for anybody: what GitLab says of such a one."""

    actions = {"POST": Action.UPDATE_DEPLOYMENT}

    @operation(Approval, returns=MessageSerializer)
    def post(self, request: Request, project: str, deployment: int, params: dict[str, Any]) -> None:
        self.find(deployment)
        raise ApiError(400, "This environment is not protected.")
