"""CI variables of a project, a group or the instance by REST, in GitLab's shapes (runner.md §6)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, not_found
from jobs.api.params.variables import (
    InstanceVariableChanges,
    NewInstanceVariable,
    NewVariable,
    VariableChanges,
    VariableInPlace,
)
from jobs.api.serializers.triggers import InstanceVariableSerializer, VariableSerializer
from jobs.models import CiVariable
from jobs.variables.services import create_variable, delete_variable, update_variable
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action

_SEVERAL = "There are multiple variables with provided parameters. Please use 'filter[environment_scope]'"


class VariableView(GatedView):
    @property
    def owner(self) -> dict[str, Any]:
        """What `create_variable` is told about where."""
        return self.access.owner_kwargs

    @property
    def rows(self) -> QuerySet[CiVariable]:
        return CiVariable.objects.filter(**self.owner)

    def variable(self, key: str) -> CiVariable:
        """404 for none, 409 when the key stands for several environments and none is named."""
        rows = self.rows.filter(key=key)
        scope = self.params.get("filter", {}).get("environment_scope")
        if scope is not None:
            rows = rows.filter(environment_scope=scope)
        found = list(rows[:2])
        if not found:
            raise not_found("Variable")
        if len(found) > 1:
            raise ApiError(409, _SEVERAL)
        return found[0]

    def create(self, params: dict[str, Any]) -> CiVariable:
        return create_variable(by=self.current_user, **self.owner, **params)

    def update(self, key: str, params: dict[str, Any]) -> CiVariable:
        changes = {name: value for name, value in params.items() if name not in {"filter", "value"}}
        return update_variable(self.variable(key), by=self.current_user, value=params.get("value"), **changes)


class VariableList(VariableView):
    @operation(returns=VariableSerializer, many=True)
    def get(self, request: Request, **_owner: Any) -> QuerySet[CiVariable]:
        return self.rows

    @operation(NewVariable, returns=VariableSerializer)
    def post(self, request: Request, params: dict[str, Any], **_owner: Any) -> CiVariable:
        return self.create(params)


class OneVariable(VariableView):
    @operation(VariableInPlace, returns=VariableSerializer)
    def get(self, request: Request, key: str, params: dict[str, Any], **_owner: Any) -> CiVariable:
        return self.variable(key)

    @operation(VariableChanges, returns=VariableSerializer)
    def put(self, request: Request, key: str, params: dict[str, Any], **_owner: Any) -> CiVariable:
        return self.update(key, params)

    @operation(VariableInPlace)
    def delete(self, request: Request, key: str, params: dict[str, Any], **_owner: Any) -> None:
        delete_variable(self.variable(key), by=self.current_user)


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


class InstanceVariableView(VariableView):
    @property
    def owner(self) -> dict[str, Any]:
        return {"project": None, "group": None}


class InstanceVariables(InstanceVariableView):
    actions = _all(Action.ADMINISTER, "GET", "POST")

    @operation(returns=InstanceVariableSerializer, many=True)
    def get(self, request: Request) -> QuerySet[CiVariable]:
        return self.rows

    @operation(NewInstanceVariable, returns=InstanceVariableSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> CiVariable:
        return self.create(params)


class InstanceVariable(InstanceVariableView):
    actions = _all(Action.ADMINISTER, "GET", "PUT", "DELETE")

    @operation(VariableInPlace, returns=InstanceVariableSerializer)
    def get(self, request: Request, key: str, params: dict[str, Any]) -> CiVariable:
        return self.variable(key)

    @operation(InstanceVariableChanges, returns=InstanceVariableSerializer)
    def put(self, request: Request, key: str, params: dict[str, Any]) -> CiVariable:
        return self.update(key, params)

    @operation(VariableInPlace)
    def delete(self, request: Request, key: str, params: dict[str, Any]) -> None:
        delete_variable(self.variable(key), by=self.current_user)
