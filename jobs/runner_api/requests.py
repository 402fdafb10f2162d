"""A runner asks for work (runner.md §2)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from config.rest import ApiError
from jobs import queue, queue_version, services
from jobs.models.runner import RunnerType
from jobs.runner_api import body
from jobs.runner_api.auth import RunnerView
from tokenaccess.plain import json_response

LAST_UPDATE = "X-GitLab-Last-Update"


class JobRequest(RunnerView):
    """201 with a job that runs from now on, 204 with none, 409 to ask again, 422 for a runner that serves nobody."""

    def identify(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | None:
        # Read before the queue is searched, or a job that comes meanwhile would go unnoticed.
        self.seen = queue_version.seen_by(self.token, queue_version.current())
        if self.params.get("last_update") == self.seen:
            return self._nothing()
        return super().identify(request, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        runner = self.runner
        if runner.runner_type == RunnerType.PROJECT and not runner.projects.exists():
            raise ApiError(422, "422 Unprocessable Entity - Runner is orphaned")
        manager = services.meet(
            runner,
            system_id=body.text(self.params.get("system_id"), 64),
            info=self.params.get("info"),
            address=request.META.get("REMOTE_ADDR"),
        )
        if runner.paused:
            return self._nothing()
        try:
            payload = queue.claim_next(runner, manager)
        except queue.Conflict:
            raise ApiError(409, "409 Conflict") from None
        return self._nothing() if payload is None else json_response(payload, 201)

    def _nothing(self) -> HttpResponse:
        return HttpResponse(status=204, headers={LAST_UPDATE: self.seen})
