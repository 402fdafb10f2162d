"""Pipeline schedules by REST, in GitLab's shapes. Only its owner changes one; Maintainers may take it over."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import operation
from api.rest import forbidden, invalid, not_found
from api.serializers import MessageSerializer
from jobs.api.filters import ScheduleFilters, SchedulePipelineFilters
from jobs.api.params.pipelines import is_value
from jobs.api.params.triggers import (
    NewSchedule,
    NewScheduleVariable,
    ScheduleChanges,
    ScheduleVariableChanges,
)
from jobs.api.pipelines import pipeline_refusal
from jobs.api.serializers.pipelines import PipelineLineSerializer, PipelineVariableSerializer
from jobs.api.serializers.triggers import ScheduleLineSerializer, ScheduleSerializer
from jobs.models import Pipeline, Schedule
from jobs.pipelines.plan import PipelineRefused
from jobs.triggers.schedules import (
    NotOwner,
    create_schedule,
    delete_schedule,
    play_schedule,
    put_inputs,
    put_variable,
    take_schedule,
    update_schedule,
)
from jobs.variables.keys import is_variable_key
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action

NOT_OWNER = "It acts as its owner, who alone may change it; take ownership first"


class ScheduleView(GatedView):
    def schedule(self, pk: int) -> Schedule:
        found = self.access.project.schedules.select_related("owner", "project").filter(pk=pk).first()
        if found is None:
            raise not_found("Pipeline Schedule")
        return found

    def change(self, schedule: Schedule, **fields: Any) -> Schedule:
        try:
            return update_schedule(schedule, by=self.current_user, **fields)
        except NotOwner:
            raise forbidden(NOT_OWNER) from None


class ScheduleList(ScheduleView):
    actions = {"GET": Action.READ_SCHEDULES, "POST": Action.MANAGE_SCHEDULES}

    @operation(ScheduleFilters, returns=ScheduleLineSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[Schedule]:
        return ScheduleFilters.filter(self.access.project.schedules.select_related("owner"), params)

    @operation(NewSchedule, returns=ScheduleSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Schedule:
        inputs = put_inputs([], params.pop("inputs", None) or [])
        return create_schedule(project=self.access.project, owner=self.current_user, inputs=inputs, **params)


class OneSchedule(ScheduleView):
    actions = {"GET": Action.READ_SCHEDULES, "PUT": Action.MANAGE_SCHEDULES, "DELETE": Action.MANAGE_SCHEDULES}

    @operation(returns=ScheduleSerializer)
    def get(self, request: Request, project: str, schedule: int) -> Schedule:
        return self.schedule(schedule)

    @operation(ScheduleChanges, returns=ScheduleSerializer)
    def put(self, request: Request, project: str, schedule: int, params: dict[str, Any]) -> Schedule:
        found = self.schedule(schedule)
        if "inputs" in params:
            params["inputs"] = put_inputs(found.inputs, params["inputs"] or [])
        return self.change(found, **params)

    @operation()
    def delete(self, request: Request, project: str, schedule: int) -> None:
        found, here = self.schedule(schedule), self.access.project
        if not found.acts_as(self.current_user) and not is_allowed(request._request, Action.TAKE_SCHEDULES, here):
            raise forbidden(NOT_OWNER)
        delete_schedule(found, by=self.current_user)


class TakeSchedule(ScheduleView):
    actions = {"POST": Action.TAKE_SCHEDULES}

    @operation(returns=ScheduleSerializer)
    def post(self, request: Request, project: str, schedule: int) -> Schedule:
        return take_schedule(self.schedule(schedule), by=self.current_user)


class PlaySchedule(ScheduleView):
    """At once, as the person who asks."""

    actions = {"POST": Action.RUN_PIPELINE}

    @operation(returns=MessageSerializer)
    def post(self, request: Request, project: str, schedule: int) -> dict[str, str]:
        try:
            play_schedule(self.schedule(schedule), by=self.current_user)
        except PipelineRefused as error:
            raise pipeline_refusal(error) from error
        return {"message": "201 Created"}


class SchedulePipelines(ScheduleView):
    actions = {"GET": Action.READ_SCHEDULES}

    @operation(SchedulePipelineFilters, returns=PipelineLineSerializer, many=True)
    def get(self, request: Request, project: str, schedule: int, params: dict[str, Any]) -> QuerySet[Pipeline]:
        rows = self.schedule(schedule).pipelines.select_related("project")
        return SchedulePipelineFilters.apply(rows, params)


class ScheduleVariables(ScheduleView):
    actions = {"POST": Action.MANAGE_SCHEDULES}

    @operation(NewScheduleVariable, returns=PipelineVariableSerializer)
    def post(self, request: Request, project: str, schedule: int, params: dict[str, Any]) -> Any:
        found = self.schedule(schedule)
        new = _changed_variable(params, {"key": params["key"], "variable_type": "env_var", "raw": False})
        if any(one["key"] == new["key"] for one in found.variables):
            raise invalid("key", f"({new['key']}) has already been taken")
        self.change(found, variables=put_variable(found.variables, new))
        return new


class OneScheduleVariable(ScheduleView):
    actions = {"PUT": Action.MANAGE_SCHEDULES, "DELETE": Action.MANAGE_SCHEDULES}

    @operation(ScheduleVariableChanges, returns=PipelineVariableSerializer)
    def put(self, request: Request, project: str, schedule: int, key: str, params: dict[str, Any]) -> Any:
        found = self.schedule(schedule)
        new = _changed_variable(params, self._known(found, key))
        self.change(found, variables=put_variable(found.variables, new))
        return new

    @operation(returns=PipelineVariableSerializer, status=202)
    def delete(self, request: Request, project: str, schedule: int, key: str) -> Response:
        found = self.schedule(schedule)
        old = self._known(found, key)
        self.change(found, variables=[one for one in found.variables if one is not old])
        return Response(old, status=202)

    def _known(self, schedule: Schedule, key: str) -> Any:
        found = next((one for one in schedule.variables if one["key"] == key), None)
        if found is None or not schedule.acts_as(self.current_user):
            raise not_found("Pipeline Schedule Variable")
        return found


def _changed_variable(params: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    value = params.get("value", known.get("value"))
    if not is_variable_key(known["key"]):
        raise invalid("key", "can contain only letters, digits and '_'.")
    if not is_value(value):
        raise invalid("value", "is invalid")
    kind = params.get("variable_type", known["variable_type"])
    return {**known, "value": value, "variable_type": kind, "raw": params.get("raw", known.get("raw", False))}
