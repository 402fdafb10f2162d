"""Environments by REST, in the original's shapes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, bad_request, created, forbidden, no_content, not_found
from jobs import services
from jobs.api import environment_shapes as shapes
from jobs.models import Deployment, Environment
from jobs.models.environment import EnvironmentState, Tier
from tokenaccess.drf import GatedView
from tokenaccess.load import settings_of
from tokenaccess.policy import Action

LEAST_SEARCH = 3
NEWEST_STALE, OLDEST_STALE = timedelta(weeks=1), timedelta(days=3653)


class EnvironmentView(GatedView):
    def environment(self, pk: int) -> Environment:
        found = self.access.project.environments.select_related("project").filter(pk=pk).first()
        if found is None:
            raise not_found()
        return found


class EnvironmentList(EnvironmentView):
    """`name` or `search`, `states`. POST: `name`, `external_url`, `tier`, `description`."""

    actions = {"GET": Action.READ_ENVIRONMENTS, "POST": Action.MANAGE_ENVIRONMENTS}

    def get(self, request: Request, project: str) -> Response:
        params, rows = Params.of(request), self.access.project.environments.order_by("id")
        name, search = params.text("name"), params.text("search")
        if name and search:
            raise ApiError(400, {"error": "name, search cannot be used together"})
        if search and len(search) < LEAST_SEARCH:
            raise bad_request(f"Search query is less than {LEAST_SEARCH} characters")
        if state := params.choice("states", EnvironmentState.values):
            rows = rows.filter(state=state)
        if name:
            rows = rows.filter(name=name)
        if search:
            rows = rows.filter(name__icontains=search)
        return paged(request, rows, shapes.environment)

    def post(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        name = params.text("name", required=True) or ""
        fields = {key: value for key, value in _fields(params).items() if value}
        made = services.create_environment(project=self.access.project, by=self.person, name=name, **fields)
        return created(shapes.environment(made))


def _fields(params: Params) -> dict[str, Any]:
    if "slug" in params:
        raise ApiError(400, {"error": "slug is automatically generated and cannot be changed"})
    texts = {key: params.text(key) or "" for key in ("external_url", "description") if key in params}
    tier = params.choice("tier", Tier.values)
    return {**texts, "tier": tier} if tier else texts


class OneEnvironment(EnvironmentView):
    """DELETE: only what is stopped."""

    actions = {
        "GET": Action.READ_ENVIRONMENTS,
        "PUT": Action.MANAGE_ENVIRONMENTS,
        "DELETE": Action.MANAGE_ENVIRONMENTS,
    }

    def get(self, request: Request, project: str, environment: int) -> Response:
        found, here = self.environment(environment), self.access.project
        last = Deployment.objects.filter(environment=found).succeeded().for_display().first()
        limited = last is not None and settings_of(here).limits_outbound
        shown = None if last is None else shapes.line(last, here, limited=limited)
        return Response({**shapes.environment(found), "last_deployment": shown})

    def put(self, request: Request, project: str, environment: int) -> Response:
        fields = _fields(Params.of(request))
        try:
            changed = services.update_environment(self.environment(environment), by=self.person, **fields)
        except Environment.DoesNotExist:
            raise not_found() from None
        return Response(shapes.environment(changed))

    def delete(self, request: Request, project: str, environment: int) -> Response:
        try:
            services.delete_environment(self.environment(environment), by=self.person)
        except services.NotStopped:
            raise forbidden() from None
        except Environment.DoesNotExist:
            raise not_found() from None
        return no_content()


class StopEnvironment(EnvironmentView):
    """`force`: without its stop job."""

    actions = {"POST": Action.MANAGE_ENVIRONMENTS}

    def post(self, request: Request, project: str, environment: int) -> Response:
        force = bool(Params.of(request).boolean("force"))
        try:
            services.stop_environment(self.environment(environment), by=self.person, force=force)
        except services.Busy:
            raise ApiError(409, "409 Conflict") from None
        return Response(shapes.environment(self.environment(environment)))


class StopStale(EnvironmentView):
    """All that nobody has deployed to or changed since `before`, which is a week ago or longer."""

    actions = {"POST": Action.MANAGE_ENVIRONMENTS}

    def post(self, request: Request, project: str) -> Response:
        before, now = Params.of(request).moment("before", required=True), timezone.now()
        assert before is not None
        if not now - OLDEST_STALE <= before <= now - NEWEST_STALE:
            raise bad_request("Invalid Date")
        services.stop_stale(project=self.access.project, before=before, by=self.person)
        return Response({"message": "Successfully requested stop for all stale environments"})
