"""Pipeline schedules by REST, in the original's shapes. Only its owner changes one; Maintainers may take it over."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import created, forbidden, invalid, moment, no_content, not_found
from jobs import services
from jobs.api import shapes
from jobs.api.given import is_key, is_value, refuse_inputs
from jobs.api.pipelines import refused
from jobs.models import Pipeline, Schedule
from jobs.models.variable import VariableType
from jobs.services.schedules import with_variable
from tokenaccess.drf import GatedView
from tokenaccess.gate import may
from tokenaccess.policy import Action

NOT_YOURS = "It acts as its owner, who alone may change it; take ownership first"


class ScheduleView(GatedView):
    def schedule(self, pk: int) -> Schedule:
        found = self.access.project.schedules.select_related("owner", "project").filter(pk=pk).first()
        if found is None:
            raise not_found("Pipeline Schedule")
        return found

    def line(self, schedule: Schedule) -> dict[str, Any]:
        return {
            "id": schedule.pk,
            "description": schedule.description,
            "ref": schedule.ref,
            "cron": schedule.cron,
            "cron_timezone": schedule.cron_timezone,
            "next_run_at": moment(schedule.next_run_at),
            "active": schedule.active,
            "created_at": moment(schedule.created_at),
            "updated_at": moment(schedule.updated_at),
            "owner": shapes.user(schedule.owner),
        }

    def whole(self, schedule: Schedule) -> dict[str, Any]:
        last = schedule.pipelines.order_by("-id").first()
        return {**self.line(schedule), "last_pipeline": _last(last), "variables": schedule.shown_to(self.access.user)}

    def change(self, schedule: Schedule, **fields: Any) -> Schedule:
        try:
            return services.update_schedule(schedule, by=self.person, **fields)
        except services.NotYours:
            raise forbidden(NOT_YOURS) from None


def _last(pipeline: Pipeline | None) -> dict[str, Any] | None:
    if pipeline is None:
        return None
    return {"id": pipeline.pk, "sha": pipeline.sha, "ref": pipeline.ref, "status": pipeline.status}


def _fields(params: Params, *, required: bool = False) -> dict[str, Any]:
    for source in params.sources:
        refuse_inputs(source)
    given = {
        "description": params.text("description", required=required),
        "ref": params.text("ref", required=required),
        "cron": params.text("cron", required=required),
        "cron_timezone": params.text("cron_timezone"),
        "active": params.boolean("active"),
    }
    return {name: value for name, value in given.items() if value is not None}


class ScheduleList(ScheduleView):
    """`scope`: active or inactive. POST: `description`, `ref`, `cron`, `cron_timezone`, `active`."""

    actions = {"GET": Action.READ_SCHEDULES, "POST": Action.MANAGE_SCHEDULES}

    def get(self, request: Request, project: str) -> Response:
        rows = self.access.project.schedules.select_related("owner")
        scope = Params.of(request).choice("scope", ["active", "inactive"])
        return paged(request, rows.filter(active=scope == "active") if scope else rows, self.line)

    def post(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        params.require("description", "ref", "cron")
        fields = _fields(params, required=True)
        return created(self.whole(services.create_schedule(project=self.access.project, owner=self.person, **fields)))


class OneSchedule(ScheduleView):
    actions = {"GET": Action.READ_SCHEDULES, "PUT": Action.MANAGE_SCHEDULES, "DELETE": Action.MANAGE_SCHEDULES}

    def get(self, request: Request, project: str, schedule: int) -> Response:
        return Response(self.whole(self.schedule(schedule)))

    def put(self, request: Request, project: str, schedule: int) -> Response:
        return Response(self.whole(self.change(self.schedule(schedule), **_fields(Params.of(request)))))

    def delete(self, request: Request, project: str, schedule: int) -> Response:
        found = self.schedule(schedule)
        if not found.acts_as(self.person) and not may(request._request, Action.TAKE_SCHEDULES, self.access.project):
            raise forbidden(NOT_YOURS)
        services.delete_schedule(found, by=self.person)
        return no_content()


class TakeSchedule(ScheduleView):
    actions = {"POST": Action.TAKE_SCHEDULES}

    def post(self, request: Request, project: str, schedule: int) -> Response:
        return created(self.whole(services.take_schedule(self.schedule(schedule), by=self.person)))


class PlaySchedule(ScheduleView):
    """At once, as the person who asks."""

    actions = {"POST": Action.RUN_PIPELINE}

    def post(self, request: Request, project: str, schedule: int) -> Response:
        try:
            services.play_schedule(self.schedule(schedule), by=self.person)
        except services.Refused as error:
            raise refused(error) from error
        return created({"message": "201 Created"})


class SchedulePipelines(ScheduleView):
    actions = {"GET": Action.READ_SCHEDULES}

    def get(self, request: Request, project: str, schedule: int) -> Response:
        rows = self.schedule(schedule).pipelines.order_by("id")
        return paged(request, rows, lambda row: shapes.pipeline_line(row, self.access.project))


class ScheduleVariables(ScheduleView):
    actions = {"POST": Action.MANAGE_SCHEDULES}

    def post(self, request: Request, project: str, schedule: int) -> Response:
        params, found = Params.of(request), self.schedule(schedule)
        params.require("key", "value")
        new = _variable(params, {"key": params.raw("key"), "variable_type": "env_var", "raw": False})
        if any(one["key"] == new["key"] for one in found.variables):
            raise invalid("key", f"({new['key']}) has already been taken")
        self.change(found, variables=with_variable(found.variables, new))
        return created(new)


class OneScheduleVariable(ScheduleView):
    actions = {"PUT": Action.MANAGE_SCHEDULES, "DELETE": Action.MANAGE_SCHEDULES}

    def put(self, request: Request, project: str, schedule: int, key: str) -> Response:
        found = self.schedule(schedule)
        new = _variable(Params.of(request), self._known(found, key))
        self.change(found, variables=with_variable(found.variables, new))
        return Response(new)

    def delete(self, request: Request, project: str, schedule: int, key: str) -> Response:
        found = self.schedule(schedule)
        old = self._known(found, key)
        self.change(found, variables=[one for one in found.variables if one is not old])
        return Response(old, status=202)

    def _known(self, schedule: Schedule, key: str) -> Any:
        found = next((one for one in schedule.variables if one["key"] == key), None)
        if found is None or not schedule.acts_as(self.person):
            raise not_found("Pipeline Schedule Variable")
        return found


def _variable(params: Params, known: dict[str, Any]) -> dict[str, Any]:
    value = params.raw("value") if "value" in params else known.get("value")
    if not is_key(known["key"]):
        raise invalid("key", "can contain only letters, digits and '_'.")
    if not is_value(value):
        raise invalid("value", "is invalid")
    kind = params.choice("variable_type", VariableType.values) or known["variable_type"]
    raw = params.boolean("raw")
    return {**known, "value": value, "variable_type": kind, "raw": known.get("raw", False) if raw is None else raw}
