"""Pipelines by REST (runner.md §8.2–8.3)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, forbidden, not_found
from jobs.api.filters import PipelineFilters, PipelineJobFilters
from jobs.api.params.pipelines import LatestPipelineParams, NewPipeline, PipelineMetadata
from jobs.api.serializers.jobs import JobSerializer
from jobs.api.serializers.pipelines import PipelineLineSerializer, PipelineSerializer, PipelineVariableSerializer
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines.plan import PipelineRefused, PipelineRequest
from jobs.pipelines.protected_refs import RefIsProtected
from jobs.pipelines.services import (
    cancel_pipeline,
    create_pipeline,
    delete_pipeline,
    rename_pipeline,
    retry_pipeline,
)
from projects.models import Project
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


def pipeline_refusal(error: PipelineRefused) -> ApiError:
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


class PipelineList(PipelineView):
    actions = {"GET": Action.READ_PIPELINES}

    @operation(PipelineFilters, returns=PipelineLineSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[Pipeline]:
        return PipelineFilters.apply(self.project.pipelines.all(), params)


class NewPipelineView(PipelineView):
    """`variables` as an array of `{"key", "value", "variable_type"}`."""

    actions = {"POST": Action.RUN_PIPELINE}

    @operation(NewPipeline, returns=PipelineSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Pipeline:
        wanted = PipelineRequest(
            project=self.project,
            ref=params["ref"],
            user=self.current_user,
            source=Source.API,
            variables=params.get("variables") or [],
            inputs=params.get("inputs") or {},
        )
        try:
            return create_pipeline(wanted)
        except PipelineRefused as error:
            raise pipeline_refusal(error) from error


class LatestPipeline(PipelineView):
    """The newest of `ref`, by default of the default branch."""

    actions = {"GET": Action.READ_PIPELINES}

    @operation(LatestPipelineParams, returns=PipelineSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Pipeline:
        ref = params.get("ref", self.project.default_branch)
        of_ref = Pipeline.objects.for_display().filter(project=self.project).of_ref(ref).exclude(source=Source.PARENT)
        found = of_ref.order_by("-id").first()
        if found is None:
            raise not_found()
        return found


class OnePipeline(PipelineView):
    actions = {"GET": Action.READ_PIPELINES, "DELETE": Action.DELETE_PIPELINE}

    @operation(returns=PipelineSerializer)
    def get(self, request: Request, project: str, pipeline: int) -> Pipeline:
        return self.pipeline(pipeline)

    @operation()
    def delete(self, request: Request, project: str, pipeline: int) -> None:
        delete_pipeline(self.pipeline(pipeline), by=self.current_user)


class PipelineMetadataView(PipelineView):
    """On a protected ref it takes the right to run pipelines there."""

    actions = {"PUT": Action.RENAME_PIPELINE}

    @operation(PipelineMetadata, returns=PipelineSerializer)
    def put(self, request: Request, project: str, pipeline: int, params: dict[str, Any]) -> Pipeline:
        try:
            rename_pipeline(self.pipeline(pipeline), params["name"], by=self.current_user)
        except RefIsProtected:
            raise forbidden() from None
        return self.pipeline(pipeline)


class PipelineVariables(PipelineView):
    actions = {"GET": Action.READ_PIPELINE_VARIABLES}

    @operation(returns=PipelineVariableSerializer(many=True))
    def get(self, request: Request, project: str, pipeline: int) -> list[dict[str, Any]]:
        found = self.pipeline(pipeline)
        return [{"variable_type": "env_var", **one, "raw": False} for one in found.variables]


class CancelPipeline(PipelineView):
    """Also when there is nothing to cancel."""

    actions = {"POST": Action.UPDATE_JOB}

    @operation(returns=PipelineSerializer, status=200)
    def post(self, request: Request, project: str, pipeline: int) -> Pipeline:
        return cancel_pipeline(self.pipeline(pipeline))


class RetryPipeline(PipelineView):
    actions = {"POST": Action.UPDATE_JOB}

    @operation(returns=PipelineSerializer)
    def post(self, request: Request, project: str, pipeline: int) -> Pipeline:
        return retry_pipeline(self.pipeline(pipeline), by=self.current_user)


class PipelineJobs(PipelineView):
    actions = {"GET": Action.READ_JOBS}

    @operation(PipelineJobFilters, returns=JobSerializer, many=True)
    def get(self, request: Request, project: str, pipeline: int, params: dict[str, Any]) -> QuerySet[Job]:
        rows = Job.objects.scripts().for_display().filter(pipeline=self.pipeline(pipeline))
        return PipelineJobFilters.filter(rows, params).order_by("-id")
