"""CI variables of a project, a group or the instance by REST, in the original's shapes (runner.md §6)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, created, no_content, not_found
from identity.sealed import Unreadable
from jobs import services
from jobs.models import CiVariable
from jobs.models.variable import VariableType
from tokenaccess.drf import GatedView
from tokenaccess.policy import Action

SWITCHES = ("protected", "masked", "raw")
_SEVERAL = "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"


def variable_json(variable: CiVariable) -> dict[str, Any]:
    """A hidden variable's value is never told."""
    return {
        "variable_type": variable.variable_type,
        "key": variable.key,
        "value": _shown_value(variable),
        "hidden": variable.hidden,
        "protected": variable.protected,
        "masked": variable.masked,
        "raw": variable.raw,
        "environment_scope": variable.environment_scope,
        "description": variable.description or None,
    }


def _shown_value(variable: CiVariable) -> str | None:
    try:
        return None if variable.hidden else variable.value
    except Unreadable:  # its key is gone; it can still be given another value, or deleted
        return None


class VariableView(GatedView):
    scoped = True  # variables of the instance have no environment scope

    @property
    def place(self) -> dict[str, Any]:
        """What `create_variable` is told about where."""
        return self.access.where

    @property
    def rows(self) -> QuerySet[CiVariable]:
        return CiVariable.objects.filter(**self.place)

    def shown(self, variable: CiVariable) -> dict[str, Any]:
        body = variable_json(variable)
        return body if self.scoped else {key: value for key, value in body.items() if key != "environment_scope"}

    def variable(self, request: Request, key: str) -> CiVariable:
        """404 for none, 409 when the key stands for several environments and none is named."""
        rows = self.rows.filter(key=key)
        scope = _wanted_scope(request)
        if scope is not None:
            rows = rows.filter(environment_scope=scope)
        found = list(rows[:2])
        if not found:
            raise not_found("Variable")
        if len(found) > 1:
            raise ApiError(409, _SEVERAL)
        return found[0]

    def flags(self, params: Params) -> dict[str, Any]:
        """Only what was given."""
        given: dict[str, Any] = {
            "variable_type": params.choice("variable_type", VariableType.values),
            "environment_scope": params.text("environment_scope") if self.scoped else None,
            **{flag: params.boolean(flag) for flag in SWITCHES},
        }
        if "description" in params:
            given["description"] = params.text("description") or ""
        return {name: value for name, value in given.items() if value is not None}


def _wanted_scope(request: Request) -> str | None:
    """`filter[environment_scope]` of the address or the body, which may hold `{"filter": {…}}`."""
    params = Params(request.data, request.query_params)
    given = params.raw("filter")
    if isinstance(given, dict):
        return Params(given).text("environment_scope")
    return params.text("filter[environment_scope]")


def _value(params: Params) -> str:
    """Any text, the empty one too."""
    given = params.raw("value")
    if isinstance(given, str) and not given.strip():
        return given
    return params.text("value", required=True) or ""


class VariableList(VariableView):
    def get(self, request: Request, **kwargs: Any) -> Response:
        return paged(request, self.rows, self.shown)

    def post(self, request: Request, **kwargs: Any) -> Response:
        params = Params.of(request)
        params.require("key", "value")
        key = params.text("key", required=True)
        assert key is not None
        hidden = params.boolean("masked_and_hidden") or False
        made = services.create_variable(
            key=key, value=_value(params), by=self.person, hidden=hidden, **self.place, **self.flags(params)
        )
        return created(self.shown(made))


class OneVariable(VariableView):
    def get(self, request: Request, key: str, **kwargs: Any) -> Response:
        return Response(self.shown(self.variable(request, key)))

    def put(self, request: Request, key: str, **kwargs: Any) -> Response:
        params = Params.of(request)
        found = self.variable(request, key)
        value = _value(params) if "value" in params else None
        changed = services.update_variable(found, by=self.person, value=value, **self.flags(params))
        return Response(self.shown(changed))

    def delete(self, request: Request, key: str, **kwargs: Any) -> Response:
        services.delete_variable(self.variable(request, key), by=self.person)
        return no_content()


def _all(action: Action, *methods: str) -> dict[str, Action]:
    return dict.fromkeys(methods, action)


class ProjectVariables(VariableList):
    actions = _all(Action.MANAGE_VARIABLES, "GET", "POST")


class ProjectVariable(OneVariable):
    actions = _all(Action.MANAGE_VARIABLES, "GET", "PUT", "DELETE")


class GroupVariables(VariableList):
    actions = _all(Action.MANAGE_GROUP_VARIABLES, "GET", "POST")


class GroupVariable(OneVariable):
    actions = _all(Action.MANAGE_GROUP_VARIABLES, "GET", "PUT", "DELETE")


class OfInstance(VariableView):
    scoped = False

    @property
    def place(self) -> dict[str, Any]:
        return {"project": None, "group": None}


class InstanceVariables(OfInstance, VariableList):
    actions = _all(Action.ADMINISTER, "GET", "POST")


class InstanceVariable(OfInstance, OneVariable):
    actions = _all(Action.ADMINISTER, "GET", "PUT", "DELETE")
