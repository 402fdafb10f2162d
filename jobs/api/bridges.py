"""`GET …/pipelines/:pid/bridges`: the jobs of a pipeline that start other pipelines (runner.md §8.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework.request import Request

from api.operations import operation
from jobs.api.filters import JobFilters
from jobs.api.pipelines import PipelineView
from jobs.api.serializers.jobs import BridgeSerializer
from jobs.models import Job, Pipeline
from tokenaccess.access.gate import permitted_ids
from tokenaccess.policy import Action


class PipelineBridges(PipelineView):
    """The other pipeline is told to those who may see it there."""

    actions = {"GET": Action.READ_PIPELINES}

    @operation(JobFilters, returns=BridgeSerializer, many=True)
    def get(self, request: Request, project: str, pipeline: int, params: dict[str, Any]) -> QuerySet[Job]:
        started = Prefetch("downstream", Pipeline.objects.select_related("project").order_by("id"))
        found = Job.objects.bridges().for_display().prefetch_related(started).filter(pipeline=self.pipeline(pipeline))
        return JobFilters.filter(found, params).filter(retried=False).order_by("-id")

    def visible_targets(self, bridges: Sequence[Job]) -> set[int]:
        """Ids of the projects whose pipelines the caller may see."""
        targets = {started.project for bridge in bridges for started in bridge.downstream.all()}
        return permitted_ids(self.access.user, Action.READ_PIPELINES, list(targets))
