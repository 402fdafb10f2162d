"""While a job runs: its state and its log (runner.md §3)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config.rest import ApiError, bad_request
from jobs import services, trace
from jobs.models import Job
from jobs.runner_api import body
from jobs.runner_api.auth import JobView
from jobs.states import FailureReason, State

_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})\Z")
# A runner notices with its next piece of log that its job was cancelled, and has no other channel: while the log is
# silent that is its sign of life, every 30 seconds.
INTERVAL, INTERVAL_WATCHED = 10, 3  # seconds; the latter while somebody has the log open
TOUCH_EVERY = timedelta(minutes=1)


class JobUpdate(JobView):
    """PUT with `state`: `running` is a sign of life, `success` and `failed` end the job."""

    @property
    def ends_job(self) -> bool:
        return self.params.get("state") in {State.SUCCESS, State.FAILED}

    def put(self, request: HttpRequest, job_id: int) -> HttpResponse:
        job = self.job
        match self.params.get("state"):
            case State.RUNNING | None:
                touch(job)
            case State.SUCCESS | State.FAILED as state:
                job = services.finish_job(
                    job,
                    status=state,
                    failure_reason=body.text(self.params.get("failure_reason")),
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
    if job.touched_at is None or job.touched_at < now - TOUCH_EVERY:
        Job.objects.filter(pk=job.pk).update(touched_at=now)
        services.heard_from(job)


class JobTrace(JobView):
    """PATCH adds to the log at the offset of `Content-Range: <start>-<end>`; the body's length counts, not the end."""

    def parameters(self, request: HttpRequest) -> dict[str, Any]:
        return request.GET.dict()  # the body is the log

    def patch(self, request: HttpRequest, job_id: int) -> HttpResponse:
        start = _start(request.headers.get("Content-Range", ""))
        data = body.read(request, body.LARGEST_PATCH)
        job = self.job
        if request.GET.get("debug_trace") == "true" and not job.debug_trace:
            Job.objects.filter(pk=job.pk).update(debug_trace=True)
        try:
            length = trace.append(job, start, data, self.token)
        except trace.OutOfStep as error:
            raise ApiError(416, "416 Range Not Satisfiable", self._headers(error.length)) from None
        except trace.TooLarge:
            status = services.drop_job(job, reason=FailureReason.TRACE_SIZE).status
            raise ApiError(403, "403 Forbidden - Job log is too large", {"Job-Status": status}) from None
        touch(job)
        return HttpResponse(b"202", status=202, content_type="text/plain", headers=self._headers(length))

    def _headers(self, length: int) -> dict[str, str]:
        interval = INTERVAL_WATCHED if trace.is_watched(self.job) else INTERVAL
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
