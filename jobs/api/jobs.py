"""Jobs by REST (resources.md §5, runner.md §8.2)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from api.operations import operation
from api.paging import UncountedPagination
from api.rest import bad_request, forbidden, not_found
from blobs.respond import FileBackedResponse
from jobs.api.filters import JobFilters
from jobs.api.params.pipelines import JobCancellation, JobPlaying, JobRetry
from jobs.api.serializers.jobs import JobSerializer
from jobs.logs import storage
from jobs.models import Job
from jobs.pipelines.job_actions import InvalidJobState, cancel_job, erase_job, play_job, retry_job
from projects.models import Project
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.drf import GatedView
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


class JobList(JobView):
    """Newest first; too long to count."""

    actions = {"GET": Action.READ_JOBS}
    pagination_class = UncountedPagination

    @operation(JobFilters, returns=JobSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> QuerySet[Job]:
        rows = Job.objects.scripts().for_display().filter(project=self.project)
        return JobFilters.filter(rows, params).order_by("-id")


class OneJob(JobView):
    actions = {"GET": Action.INSPECT_JOB}

    @operation(returns=JobSerializer)
    def get(self, request: Request, project: str, job: int) -> Job:
        return self.job(job)


class JobLog(JobView):
    """The log as plain text, secrets as `[MASKED]`; empty when there is none."""

    actions = {"GET": Action.INSPECT_JOB}

    @operation(returns={"type": "string"}, media_type="text/plain")
    def get(self, request: Request, project: str, job: int) -> HttpResponseBase:
        found = self.job(job)
        if found.debug_trace and not is_allowed(request._request, Action.UPDATE_JOB, self.project):
            raise forbidden(
                "You must have developer access to the project to view job logs with debug trace enabled. To disable "
                "debug trace, set the 'CI_DEBUG_TRACE' variable to 'false' in your pipeline configuration or CI/CD "
                "settings."
            )
        return FileBackedResponse(
            storage.blocks(found),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'infile; filename="{found.pk}.log"'},
        )


class CancelJob(JobView):
    actions = {"POST": Action.UPDATE_JOB}

    @operation(JobCancellation, returns=JobSerializer)
    def post(self, request: Request, project: str, job: int, params: dict[str, Any]) -> Job:
        if params["force"] and not is_allowed(request._request, Action.ADMIN_PROJECT, self.project):
            raise forbidden()
        cancel_job(self.job(job), force=params["force"])
        return self.job(job)


class RetryJob(JobView):
    """A new job in its place."""

    actions = {"POST": Action.UPDATE_JOB}

    @operation(JobRetry, returns=JobSerializer)
    def post(self, request: Request, project: str, job: int, params: dict[str, Any]) -> Job:
        try:
            new = retry_job(self.job(job), by=self.current_user)
        except InvalidJobState as error:
            raise forbidden(str(error)) from error
        return self.job(new.pk)


class PlayJob(JobView):
    """Starts a manual job as the caller; `job_variables_attributes` as an array."""

    actions = {"POST": Action.UPDATE_JOB}

    @operation(JobPlaying, returns=JobSerializer, status=200)
    def post(self, request: Request, project: str, job: int, params: dict[str, Any]) -> Job:
        try:
            play_job(self.job(job), by=self.current_user, variables=params.get("job_variables_attributes") or [])
        except InvalidJobState as error:
            raise bad_request(str(error)) from error
        return self.job(job)


class EraseJob(JobView):
    actions = {"POST": Action.ERASE_JOB}

    @operation(returns=JobSerializer)
    def post(self, request: Request, project: str, job: int) -> Job:
        try:
            erase_job(self.job(job), by=self.current_user)
        except InvalidJobState as error:
            raise forbidden(str(error)) from error
        return self.job(job)
