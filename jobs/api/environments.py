"""Environments by REST, in GitLab's shapes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, bad_request, forbidden, not_found
from api.serializers import MessageSerializer
from jobs.api.filters import EnvironmentFilters
from jobs.api.params.environments import (
    EnvironmentChanges,
    EnvironmentStop,
    NewEnvironment,
    ReviewAppParams,
    StaleEnvironments,
)
from jobs.api.serializers.environments import EnvironmentDetailSerializer, EnvironmentSerializer, ReviewAppsSerializer
from jobs.environments.auto_stop import stop_stale
from jobs.environments.services import (
    NotStopped,
    create_environment,
    delete_environment,
    delete_stopped,
    update_environment,
)
from jobs.environments.stopping import Conflict, stop_environment
from jobs.models import Environment
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action

REVIEW_APP_AGE = timedelta(days=30)
MIN_STALE_AGE, MAX_STALE_AGE = timedelta(weeks=1), timedelta(days=3653)


class EnvironmentView(GatedView):
    def environment(self, pk: int) -> Environment:
        found = self.access.project.environments.select_related("project").filter(pk=pk).first()
        if found is None:
            raise not_found()
        return found


class EnvironmentList(EnvironmentView):
    actions = {"GET": Action.READ_ENVIRONMENTS, "POST": Action.MANAGE_ENVIRONMENTS}

    @operation(EnvironmentFilters, returns=EnvironmentSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[Environment]:
        return EnvironmentFilters.filter(self.access.project.environments.order_by("id"), params)

    @operation(NewEnvironment, returns=EnvironmentSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Environment:
        fields = {name: value for name, value in params.items() if value}
        return create_environment(project=self.access.project, by=self.current_user, **fields)


class OneEnvironment(EnvironmentView):
    """Only one that is stopped can be deleted."""

    actions = {
        "GET": Action.READ_ENVIRONMENTS,
        "PUT": Action.MANAGE_ENVIRONMENTS,
        "DELETE": Action.MANAGE_ENVIRONMENTS,
    }

    @operation(returns=EnvironmentDetailSerializer)
    def get(self, request: Request, project: str, environment: int) -> Environment:
        return self.environment(environment)

    @operation(EnvironmentChanges, returns=EnvironmentSerializer)
    def put(self, request: Request, project: str, environment: int, params: dict[str, Any]) -> Environment:
        try:
            return update_environment(self.environment(environment), by=self.current_user, **params)
        except Environment.DoesNotExist:
            raise not_found() from None

    @operation()
    def delete(self, request: Request, project: str, environment: int) -> None:
        try:
            delete_environment(self.environment(environment), by=self.current_user)
        except NotStopped:
            raise forbidden() from None
        except Environment.DoesNotExist:
            raise not_found() from None


class StopEnvironment(EnvironmentView):
    actions = {"POST": Action.MANAGE_ENVIRONMENTS}

    @operation(EnvironmentStop, returns=EnvironmentSerializer, status=200)
    def post(self, request: Request, project: str, environment: int, params: dict[str, Any]) -> Environment:
        try:
            stop_environment(self.environment(environment), by=self.current_user, force=params["force"])
        except Conflict:
            raise ApiError(409, "409 Conflict") from None
        return self.environment(environment)


class ReviewApps(EnvironmentView):
    """Stopped environments called `review/…` that were created before `before`; only told, unless `dry_run=false`."""

    actions = {"DELETE": Action.MANAGE_ENVIRONMENTS}

    @operation(ReviewAppParams, returns=ReviewAppsSerializer, status=200)
    def delete(self, request: Request, project: str, params: dict[str, Any]) -> dict[str, Any]:
        before = params.get("before") or timezone.now() - REVIEW_APP_AGE
        rows = self.access.project.environments.stopped_review_apps(before).order_by("id")
        found = list(rows.select_related("project")[: params["limit"]])
        done = found if params["dry_run"] else delete_stopped(found, by=self.current_user)
        left = [environment for environment in found if environment not in done]
        return {"scheduled_entries": done, "unprocessable_entries": left}


class StopStale(EnvironmentView):
    """All that nobody has deployed to or changed since `before`, which is a week ago or longer."""

    actions = {"POST": Action.MANAGE_ENVIRONMENTS}

    @operation(StaleEnvironments, returns=MessageSerializer, status=200)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> dict[str, str]:
        before, now = params["before"], timezone.now()
        if not now - MAX_STALE_AGE <= before <= now - MIN_STALE_AGE:
            raise bad_request("Invalid Date")
        stop_stale(project=self.access.project, before=before, by=self.current_user)
        return {"message": "Successfully requested stop for all stale environments"}
