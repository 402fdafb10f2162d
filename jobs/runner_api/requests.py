"""Requests of a runner for a job (runner.md §2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from api.operations import describe
from api.rest import ApiError
from jobs.runner_api import body, operations
from jobs.runner_api.auth import RunnerView
from jobs.runners.queue import claim, version
from jobs.runners.services import register_manager_contact
from jobs.runners.types import RunnerType
from tokenaccess.adapters.plain import json_response

LAST_UPDATE = "X-GitLab-Last-Update"


class JobRequest(RunnerView):
    """Asks for a job.

    201: a job, which runs from then on. 204: there is none. 409: ask again. 422: the runner serves no project.
    """

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        # Read before the queue is searched: otherwise a job that is enqueued meanwhile would go unnoticed.
        self.version_token = version.version_token(self.token, version.current())
        if self.params.get("last_update") == self.version_token:
            return self._no_job()
        return super().identify(request, **kwargs)

    @describe(operations.REQUEST_JOB)
    def post(self, request: HttpRequest) -> HttpResponse:
        runner = self.runner
        if runner.runner_type == RunnerType.PROJECT and not runner.projects.exists():
            raise ApiError(422, "422 Unprocessable Entity - Runner is orphaned")
        manager = register_manager_contact(
            runner,
            system_id=body.printable_text(self.params.get("system_id"), 64),
            info=self.params.get("info"),
            address=request.META.get("REMOTE_ADDR"),
        )
        if runner.paused:
            return self._no_job()
        try:
            payload = claim.claim_next(runner, manager)
        except claim.ClaimConflict:
            raise ApiError(409, "409 Conflict") from None
        return self._no_job() if payload is None else json_response(payload, 201)

    def _no_job(self) -> HttpResponse:
        return HttpResponse(status=204, headers={LAST_UPDATE: self.version_token})
