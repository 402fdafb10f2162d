"""Requests of a runner while a job runs: its state and its log (runner.md §3)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from api.operations import describe
from api.rest import ApiError, bad_request
from jobs.logs import storage
from jobs.models import Job
from jobs.pipelines.job_actions import drop_job, finish_job
from jobs.runner_api import body, operations
from jobs.runner_api.auth import JobView
from jobs.runners.services import touch_manager
from jobs.states import FailureReason, State

_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})\Z")
# A runner learns that its job was canceled from the answer to its next request: with the next part of the log, or with
# a sign of life every 30 seconds.
INTERVAL, INTERVAL_WATCHED = 10, 3  # seconds; the latter while somebody watches the log
TOUCH_INTERVAL = timedelta(minutes=1)


class JobUpdate(JobView):
    """PUT `state`: `running` is a sign of life, `success` and `failed` end the job."""

    @property
    def ends_job(self) -> bool:
        return self.params.get("state") in {State.SUCCESS, State.FAILED}

    @describe(operations.UPDATE_JOB)
    def put(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = self.job
        match self.params.get("state"):
            case State.RUNNING | None:
                touch(job)
            case State.SUCCESS | State.FAILED as state:
                job = finish_job(
                    job,
                    status=state,
                    failure_reason=body.printable_text(self.params.get("failure_reason")),
                    exit_code=_exit_code(self.params.get("exit_code")),
                )
            case _:
                raise bad_request("state does not have a valid value")
        return HttpResponse(b"200", content_type="application/json", headers={"Job-Status": job.status})


def _exit_code(value: Any) -> int | None:
    fits = isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31
    return value if fits else None


def touch(job: Job) -> None:
    now = timezone.now()
    if job.touched_at is None or job.touched_at < now - TOUCH_INTERVAL:
        Job.objects.filter(pk=job.pk).update(touched_at=now)
        touch_manager(job)


class JobTrace(JobView):
    """PATCH appends to the log at the offset in `Content-Range: <start>-<end>`.

    The length of the body counts, not the end.
    """

    def parameters(self, request: HttpRequest) -> dict[str, Any]:
        return request.GET.dict()  # the body is the log

    @describe(operations.APPEND_LOG)
    def patch(self, request: HttpRequest, job_id: int) -> HttpResponse:
        start = _start(request.headers.get("Content-Range", ""))
        data = body.read_body(request, body.MAX_PATCH_SIZE)
        job = self.job
        if request.GET.get("debug_trace") == "true" and not job.debug_trace:
            Job.objects.filter(pk=job.pk).update(debug_trace=True)
        try:
            length = storage.append(job, start, data, self.token)
        except storage.OffsetMismatch as error:
            raise ApiError(416, "416 Range Not Satisfiable", self._headers(error.length)) from None
        except storage.LogTooLarge:
            status = drop_job(job, reason=FailureReason.TRACE_SIZE).status
            raise ApiError(403, "403 Forbidden - Job log is too large", {"Job-Status": status}) from None
        touch(job)
        return HttpResponse(b"202", status=202, content_type="text/plain", headers=self._headers(length))

    def _headers(self, length: int) -> dict[str, str]:
        interval = INTERVAL_WATCHED if storage.is_watched(self.job) else INTERVAL
        return {
            "Job-Status": self.job.status,
            "Range": f"0-{length}",
            "X-GitLab-Trace-Update-Interval": str(interval),
        }


def _start(header: str) -> int:
    if not header:
        raise ApiError(400, "400 Missing header Content-Range")
    found = _RANGE.match(header)
    if found is None:
        raise bad_request("Content-Range is invalid")
    return int(found[1])
