"""`/token_access/mode` and `/token_access/projects/:id/mode`: open a limit, try it, enforce it. GitLab has no such
thing."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework.request import Request

from api.operations import operation
from projects.models import Project
from tokenaccess.access.facts import FEATURE_SWITCH, is_switch_on, settings_of
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.api.params import InboundModeChange, InstanceModeChange
from tokenaccess.api.serializers import InboundModeSerializer, InstanceModeSerializer
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
