"""Pipelines by REST (runner.md §8.2–8.3)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, created, no_content, not_found
from jobs import services
from jobs.api import shapes
from jobs.api.given import refuse_inputs, variables_of
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.states import COMPLETED, State
from projects.models import Project
from tokenaccess.drf import GatedView
from tokenaccess.load import settings_of
from tokenaccess.policy import Action

ORDERS = {"id": "id", "status": "status", "ref": "ref", "updated_at": "updated_at", "user_id": "user_id"}
SCOPES = {
    "running": [State.RUNNING],
    "pending": [State.PENDING],
    "finished": sorted(COMPLETED),
}


def refused(error: services.Refused) -> ApiError:
    return ApiError(400, {"message": {"base": error.messages}})


class PipelineView(GatedView):
    @property
    def project(self) -> Project:
        return self.access.project

    def pipeline(self, pk: int) -> Pipeline:
        found = Pipeline.objects.for_display().filter(project=self.project, pk=pk).first()
        if found is None:
            raise not_found()
        return found

    def shown(self, pipeline: Pipeline) -> dict[str, Any]:
        return shapes.pipeline(pipeline, self.project)


class PipelineList(PipelineView):
    """Filters: `scope status ref sha source username name`; `order_by`, `sort`."""

    actions = {"GET": Action.READ_PIPELINES}

    def get(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        rows = _filtered(Pipeline.objects.filter(project=self.project), params)
        field = ORDERS[params.choice("order_by", ORDERS) or "id"]
        sign = "" if params.choice("sort", ["asc", "desc"]) == "asc" else "-"
        ordered = rows.order_by(f"{sign}{field}", f"{sign}id")
        return paged(request, ordered, lambda row: shapes.pipeline_line(row, self.project))


def _filtered(rows: QuerySet[Pipeline], params: Params) -> QuerySet[Pipeline]:
    scope = params.choice("scope", [*SCOPES, "branches", "tags"])
    if scope in SCOPES:
        rows = rows.filter(status__in=SCOPES[scope])
    elif scope is not None:
        rows = rows.filter(tag=scope == "tags")
    for field, value in (
        ("status", params.choice("status", State.values)),
        ("source", params.choice("source", Source.values)),
        ("ref", params.text("ref")),
        ("sha", params.text("sha")),
        ("name", params.text("name")),
        ("user__username__iexact", params.text("username")),
    ):
        if value is not None:
            rows = rows.filter(**{field: value})
    # Children are part of their parents; who wants them asks for them.
    return rows if params.text("source") else rows.exclude(source=Source.PARENT)


class NewPipeline(PipelineView):
    """`ref`, and `variables` as an array of `{"key", "value", "variable_type"}`."""

    actions = {"POST": Action.RUN_PIPELINE}

    def post(self, request: Request, project: str) -> Response:
        params = Params.of(request)
        ref = params.text("ref", required=True, most=1024)
        assert ref is not None
        variables = variables_of(params)
        for source in params.sources:
            refuse_inputs(source)
        try:
            made = services.create_pipeline(
                services.Request(
                    project=self.project, ref=ref, user=self.person, source=Source.API, variables=variables
                )
            )
        except services.Refused as error:
            raise refused(error) from error
        return created(self.shown(made))


class LatestPipeline(PipelineView):
    """The newest of `ref`, by default of the default branch."""

    actions = {"GET": Action.READ_PIPELINES}

    def get(self, request: Request, project: str) -> Response:
        ref = Params.of(request).text("ref", most=1024) or self.project.default_branch
        of_ref = Pipeline.objects.for_display().filter(project=self.project, ref=ref).exclude(source=Source.PARENT)
        found = of_ref.order_by("-id").first()
        if found is None:
            raise not_found()
        return Response(self.shown(found))


class OnePipeline(PipelineView):
    actions = {"GET": Action.READ_PIPELINES, "DELETE": Action.DELETE_PIPELINE}

    def get(self, request: Request, project: str, pipeline: int) -> Response:
        return Response(self.shown(self.pipeline(pipeline)))

    def delete(self, request: Request, project: str, pipeline: int) -> Response:
        services.delete_pipeline(self.pipeline(pipeline), by=self.person)
        return no_content()


class PipelineVariables(PipelineView):
    actions = {"GET": Action.READ_PIPELINE_VARIABLES}

    def get(self, request: Request, project: str, pipeline: int) -> Response:
        found = self.pipeline(pipeline)
        return Response([{"variable_type": "env_var", **one, "raw": False} for one in found.variables])


class CancelPipeline(PipelineView):
    """200, also when there was nothing to cancel."""

    actions = {"POST": Action.UPDATE_JOB}

    def post(self, request: Request, project: str, pipeline: int) -> Response:
        return Response(self.shown(services.cancel_pipeline(self.pipeline(pipeline))))


class RetryPipeline(PipelineView):
    actions = {"POST": Action.UPDATE_JOB}

    def post(self, request: Request, project: str, pipeline: int) -> Response:
        return created(self.shown(services.retry_pipeline(self.pipeline(pipeline), by=self.person)))


class PipelineJobs(PipelineView):
    """`scope[]`, `include_retried`."""

    actions = {"GET": Action.READ_JOBS}

    def get(self, request: Request, project: str, pipeline: int) -> Response:
        params = Params.of(request)
        rows = scoped(Job.objects.scripts().for_display().filter(pipeline=self.pipeline(pipeline)), params)
        if not params.boolean("include_retried"):
            rows = rows.filter(retried=False)
        limited = settings_of(self.project).limits_outbound
        return paged(request, rows.order_by("-id"), lambda job: shapes.job(job, self.project, limited=limited))


def scoped(rows: QuerySet[Job], params: Params) -> QuerySet[Job]:
    """`scope` names states; any other word is a 400."""
    wanted = params.words("scope")
    if wanted is None:
        return rows
    if not set(wanted) <= set(State.values):
        raise ApiError(400, {"error": "scope does not have a valid value"})
    return rows.filter(status__in=wanted)
