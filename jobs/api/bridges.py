"""`GET …/pipelines/:pid/bridges`: the jobs of a pipeline that start other pipelines (runner.md §8.2)."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from jobs.api import shapes
from jobs.api.pipelines import PipelineView, scoped
from jobs.models import Job, Pipeline
from tokenaccess.gate import which
from tokenaccess.load import settings_of
from tokenaccess.policy import Action

_ONLY_OF_RUN_JOBS = ("artifacts", "artifacts_file", "artifacts_expire_at", "runner", "runner_manager", "tag_list")


class PipelineBridges(PipelineView):
    """`scope[]`. The other pipeline is told to those who may see it there."""

    actions = {"GET": Action.READ_PIPELINES}

    def get(self, request: Request, project: str, pipeline: int) -> Response:
        started = Prefetch("downstream", Pipeline.objects.select_related("project").order_by("id"))
        found = Job.objects.bridges().for_display().prefetch_related(started).filter(pipeline=self.pipeline(pipeline))
        rows = scoped(found, Params.of(request)).filter(retried=False).order_by("-id")
        targets = {one.project for job in rows for one in job.downstream.all()}
        seen = which(self.access.user, Action.READ_PIPELINES, list(targets))
        limited = settings_of(self.project).limits_outbound
        return paged(request, rows, lambda job: self._bridge(job, seen, limited))

    def _bridge(self, job: Job, seen: set[int], limited: bool) -> dict[str, Any]:
        body = shapes.job(job, self.project, limited=limited)
        below = next((one for one in job.downstream.all() if one.project_id in seen), None)
        return {
            **{key: value for key, value in body.items() if key not in _ONLY_OF_RUN_JOBS},
            "downstream_pipeline": shapes.pipeline_line(below, below.project) if below else None,
        }
