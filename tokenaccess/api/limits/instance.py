"""`/application/settings` and `/features`: settings of the whole instance (contract/README.md decision 3)."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError
from projects.models import Project
from tokenaccess.access.facts import read_switches
from tokenaccess.adapters.drf import GatedView
from tokenaccess.allowlist import services
from tokenaccess.api.params import SETTING_NAME, ApplicationSettingsChanges, FeatureSwitchValue
from tokenaccess.api.serializers import ApplicationSettingsSerializer, FeatureSerializer
from tokenaccess.models import InstanceSettings
from tokenaccess.policy import Action


class ApplicationSettings(GatedView):
    actions = {"GET": Action.INSPECT, "PUT": Action.ADMINISTER}

    @operation(returns=ApplicationSettingsSerializer)
    def get(self, request: Request) -> InstanceSettings:
        return InstanceSettings.current()

    @operation(ApplicationSettingsChanges, returns=ApplicationSettingsSerializer)
    def put(self, request: Request, params: dict[str, Any]) -> InstanceSettings:
        others = params.pop("others", None)
        if "file_template_project_id" in params:
            params["file_template_project"] = _find_project(params.pop("file_template_project_id"))
        with transaction.atomic():
            if others:
                services.keep_other_settings(others, by=self.current_user)
            return services.change_instance_settings(by=self.current_user, **params)


def _find_project(pk: int | None) -> Project | None:
    found = Project.objects.filter(pk=pk).first() if pk is not None else None
    if pk is not None and found is None:
        raise ApiError(400, {"error": "file_template_project_id is invalid"})
    return found


class Features(GatedView):
    """Every switch, also one that was never touched."""

    actions = {"GET": Action.INSPECT}

    @operation(returns=FeatureSerializer(many=True))
    def get(self, request: Request) -> list[dict[str, Any]]:
        return [feature_json(name, active) for name, active in read_switches().items()]


class Feature(GatedView):
    """Of any name; those that are none of ours are kept without effect. DELETE turns a switch back to its default."""

    actions = {"POST": Action.ADMINISTER, "DELETE": Action.ADMINISTER}

    @operation(FeatureSwitchValue, returns=FeatureSerializer)
    def post(self, request: Request, name: str, params: dict[str, Any]) -> dict[str, Any]:
        if not SETTING_NAME.fullmatch(name):
            raise ApiError(400, {"error": "name is invalid"})
        services.set_feature_switch(name, active=params["value"], by=self.current_user)
        return feature_json(name, params["value"])

    @operation()
    def delete(self, request: Request, name: str) -> None:
        services.reset_feature_switch(name, by=self.current_user)


def feature_json(name: str, active: bool) -> dict[str, Any]:
    """GitLab's shape: a state and the one gate there is."""
    gates = [{"key": "boolean", "value": active}]
    return {"name": name, "state": "on" if active else "off", "gates": gates, "definition": None}
