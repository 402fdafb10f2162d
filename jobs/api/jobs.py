"""Jobs by REST (resources.md §5, runner.md §8.2)."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged_uncounted
from config.params import Params
from config.rest import bad_request, created, forbidden, not_found
from jobs import services, trace
from jobs.api import shapes
from jobs.api.given import variables_of
from jobs.api.pipelines import scoped
from jobs.models import Job
from projects.models import Project
from tokenaccess.drf import GatedView
from tokenaccess.gate import may
from tokenaccess.load import settings_of
from tokenaccess.policy import Action


class JobView(GatedView):
    @property
    def project(self) -> Project:
        return self.access.project

    def job(self, pk: int) -> Job:
        found = Job.objects.for_display().filter(project=self.project, pk=pk).first()
        if found is None:
            raise not_found()
        return found

    def shown(self, job: Job) -> dict[str, Any]:
        return shapes.job(job, self.project, limited=settings_of(self.project).limits_outbound)


class JobList(JobView):
    """Newest first; `scope[]`. Too long to count."""

    actions = {"GET": Action.READ_JOBS}

    def get(self, request: Request, project: str) -> Response:
        jobs = Job.objects.scripts().for_display().filter(project=self.project)
        rows = scoped(jobs, Params.of(request)).order_by("-id")
        limited = settings_of(self.project).limits_outbound
        return paged_uncounted(
            request,
            lambda limit, offset: list(rows[offset : offset + limit]),
            lambda job: shapes.job(job, self.project, limited=limited),
        )


class OneJob(JobView):
    actions = {"GET": Action.INSPECT_JOB}

    def get(self, request: Request, project: str, job: int) -> Response:
        return Response(self.shown(self.job(job)))


class JobLog(JobView):
    """The log as plain text, secrets as `[MASKED]`; empty when there is none."""

    actions = {"GET": Action.INSPECT_JOB}

    def get(self, request: Request, project: str, job: int) -> HttpResponseBase:
        found = self.job(job)
        if found.debug_trace and not may(request._request, Action.UPDATE_JOB, self.project):
            raise forbidden(
                "You must have developer access to the project to view job logs with debug trace enabled. To disable "
                "debug trace, set the 'CI_DEBUG_TRACE' variable to 'false' in your pipeline configuration or CI/CD "
                "settings."
            )
        return StreamingHttpResponse(
            trace.blocks(found),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'infile; filename="{found.pk}.log"'},
        )


class CancelJob(JobView):
    """`force=true` also ends one that is being cancelled; it takes a maintainer."""

    actions = {"POST": Action.UPDATE_JOB}

    def post(self, request: Request, project: str, job: int) -> Response:
        force = bool(Params.of(request).boolean("force"))
        if force and not may(request._request, Action.ADMIN_PROJECT, self.project):
            raise forbidden()
        services.cancel_job(self.job(job), force=force)
        return created(self.shown(self.job(job)))


class RetryJob(JobView):
    """A new job in its place."""

    actions = {"POST": Action.UPDATE_JOB}

    def post(self, request: Request, project: str, job: int) -> Response:
        try:
            new = services.retry_job(self.job(job), by=self.person)
        except services.NotPossible as error:
            raise forbidden(str(error)) from error
        return created(self.shown(self.job(new.pk)))


class PlayJob(JobView):
    """Starts a manual job as the caller; `job_variables_attributes` as an array."""

    actions = {"POST": Action.UPDATE_JOB}

    def post(self, request: Request, project: str, job: int) -> Response:
        variables = variables_of(Params.of(request), "job_variables_attributes")
        try:
            services.play_job(self.job(job), by=self.person, variables=variables)
        except services.NotPossible as error:
            raise bad_request(str(error)) from error
        return Response(self.shown(self.job(job)))


class EraseJob(JobView):
    actions = {"POST": Action.ERASE_JOB}

    def post(self, request: Request, project: str, job: int) -> Response:
        try:
            services.erase_job(self.job(job), by=self.person)
        except services.NotPossible as error:
            raise forbidden(str(error)) from error
        return created(self.shown(self.job(job)))
