"""`/application/settings` and `/features`: what an administrator sets for the whole instance (README decision 3)."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from waffle.models import Switch

from config.params import Params
from config.rest import ApiError, created, moment, no_content, not_found
from tokenaccess import services
from tokenaccess.api.refusals import in_rest
from tokenaccess.drf import GatedView
from tokenaccess.models import InstanceSettings
from tokenaccess.policy import Action
from tokenaccess.services.instance import MOST_ENTRIES, SWITCHES

# The API's name of each setting.
NAMES = {
    "enforce_ci_inbound_job_token_scope_enabled": "enforce_inbound",
    "ci_job_token_allowlist_limit": "allowlist_limit",
    "ci_job_token_editor_needs_both": "editor_needs_both",
    "keep_latest_artifact": "keep_latest_artifact",
}
# A switch is for the whole instance. Leaving these unread would turn it for everybody.
_ACTORS = ("key", "feature_group", "user", "group", "namespace", "project", "repository")


class ApplicationSettings(GatedView):
    """GET → the settings; PUT any of `NAMES` → the settings as they are now."""

    actions = {"GET": Action.INSPECT, "PUT": Action.ADMINISTER}

    def get(self, request: Request) -> Response:
        return Response(settings_json(InstanceSettings.current()))

    def put(self, request: Request) -> Response:
        params = Params(request.data, request.query_params)
        given = [name for name in NAMES if name in params]
        if not given:
            raise ApiError(400, {"error": f"{', '.join(NAMES)} are missing, at least one parameter must be provided"})
        changes = {NAMES[name]: _read(params, name) for name in given}
        with in_rest(""):
            settings = services.change_instance_settings(by=self.person, **changes)
        return Response(settings_json(settings))


class Features(GatedView):
    """GET → every switch, also one that was never touched."""

    actions = {"GET": Action.INSPECT}

    def get(self, request: Request) -> Response:
        known = dict(Switch.objects.filter(name__in=SWITCHES).values_list("name", "active"))
        return Response([feature_json(name, known.get(name, True)) for name in SWITCHES])


class Feature(GatedView):
    """POST `value` → 201; DELETE → 204, back to the default."""

    actions = {"POST": Action.ADMINISTER, "DELETE": Action.ADMINISTER}

    def post(self, request: Request, name: str) -> Response:
        params = Params(request.data, request.query_params)
        active = params.boolean("value", required=True)
        assert active is not None
        narrowed = [actor for actor in _ACTORS if actor in params]
        if narrowed:
            raise ApiError(400, {"error": f"{', '.join(narrowed)} is invalid: the switch is for the whole instance"})
        _require_known(name)
        services.set_feature_switch(name, active=active, by=self.person)
        return created(feature_json(name, active))

    def delete(self, request: Request, name: str) -> Response:
        _require_known(name)
        services.reset_feature_switch(name, by=self.person)
        return no_content()


def settings_json(settings: InstanceSettings) -> dict[str, Any]:
    shown = {name: getattr(settings, field) for name, field in NAMES.items()}
    return {"id": settings.pk, **shown, "updated_at": moment(settings.updated_at)}


def feature_json(name: str, active: bool) -> dict[str, Any]:
    """The original's shape: a state and the one gate there is."""
    gates = [{"key": "boolean", "value": active}]
    return {"name": name, "state": "on" if active else "off", "gates": gates, "definition": None}


def _read(params: Params, name: str) -> bool | int | None:
    if NAMES[name] != "allowlist_limit":
        return params.boolean(name, required=True)
    limit = params.integer(name, required=True)
    if limit is None or not 0 <= limit <= MOST_ENTRIES:
        raise ApiError(400, {"error": f"{name} does not have a valid value"})
    return limit


def _require_known(name: str) -> None:
    if name not in SWITCHES:
        raise not_found("Feature")
