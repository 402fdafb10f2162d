"""`/token_access/mode` and `/token_access/projects/:id/…`: open a limit, try it, enforce it; and what a trial found.
GitLab has no such thing."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from projects.models import Project
from tokenaccess.access.facts import FEATURE_SWITCH, is_switch_on, settings_of
from tokenaccess.access.gate import find_if_permitted
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.allowlist.impact.trial import TrialReport, report_trials
from tokenaccess.api.params import InboundModeChange, InstanceModeChange, NewIgnoredSource, TrialHorizon
from tokenaccess.api.serializers import InboundModeSerializer, InstanceModeSerializer, TrialSerializer
from tokenaccess.models import IgnoredSource as Ignored
from tokenaccess.models import InstanceSettings
from tokenaccess.policy import Action
from tokenaccess.policy.levels import InboundMode


class InstanceMode(GatedView):
    """The least that every project does; off turns all limits off (the switch ci_scoped_job_token)."""

    actions = {"GET": Action.INSPECT, "PUT": Action.ADMINISTER}

    @operation(returns=InstanceModeSerializer)
    def get(self, request: Request) -> dict[str, str]:
        mode = InboundMode(InstanceSettings.current().inbound_mode)
        return {"mode": mode.name.lower() if is_switch_on() else "off"}

    @operation(InstanceModeChange, returns=InstanceModeSerializer)
    def put(self, request: Request, params: dict[str, Any]) -> dict[str, str]:
        wanted, by = params["mode"], self.current_user
        with transaction.atomic():
            services.set_feature_switch(FEATURE_SWITCH, active=wanted != "off", by=by)
            if wanted != "off":
                services.change_instance_settings(by=by, inbound_mode=InboundMode[wanted.upper()])
        return {"mode": wanted}


class ProjectMode(GatedView):
    actions = {"GET": Action.READ_TOKEN_ACCESS, "PUT": Action.MANAGE_TOKEN_ACCESS}

    @operation(returns=InboundModeSerializer)
    def get(self, request: Request, project: str) -> dict[str, str]:
        return _modes(self.access.project)

    @operation(InboundModeChange, returns=InboundModeSerializer)
    def put(self, request: Request, project: str, params: dict[str, Any]) -> dict[str, str]:
        services.set_inbound_mode(self.access.project, InboundMode[params["mode"].upper()], by=self.current_user)
        return _modes(self.access.project)


def _modes(project: Project) -> dict[str, str]:
    settings = settings_of(project)
    effective = settings.effective_inbound_mode.name.lower() if is_switch_on() else "off"
    return {"mode": InboundMode(settings.inbound_mode).name.lower(), "effective_mode": effective}


class Trial(GatedView):
    actions = {"GET": Action.READ_TOKEN_ACCESS}

    @operation(TrialHorizon, returns=TrialSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> TrialReport:
        return report_trials(self.access.project, self.current_user, params["days"])


class IgnoredSources(GatedView):
    """Sources that are to be refused, and that the report leaves out."""

    actions = {"POST": Action.MANAGE_TOKEN_ACCESS}

    @operation(NewIgnoredSource, status=204)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> None:
        named = IdOrPath("id", params["source_project_id"])
        source = find_if_permitted(self.current_user, Action.READ_PROJECT, named)
        if not isinstance(source, Project):
            raise not_found("Project")
        services.ignore_source(self.access.project, source, by=self.current_user)


class IgnoredSource(GatedView):
    actions = {"DELETE": Action.MANAGE_TOKEN_ACCESS}

    @operation()
    def delete(self, request: Request, project: str, source: int) -> None:
        rows = Ignored.objects.filter(project=self.access.project).select_related("source")
        ignored = rows.filter(source__pk=source).first()
        if ignored is None:
            raise not_found("Project")
        services.restore_source(self.access.project, ignored.source, by=self.current_user)
