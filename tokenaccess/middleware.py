"""Around every request: where it came from (for the audit), and what became of a job's question (for the log)."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from audit.origin import set_address
from tokenaccess import reasons, recorder
from tokenaccess.gate import Access
from tokenaccess.policy import Job


class AccessMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        set_address(request.META.get("REMOTE_ADDR"))
        response = self.get_response(request)
        access = getattr(request, "access", None)
        if isinstance(access, Access):
            _note(access, response)
        header = getattr(request, "refusal_header", None)
        if header and reasons.HEADER not in response:
            response[reasons.HEADER] = header
        return response


def _note(access: Access, response: HttpResponseBase) -> None:
    """A use counts once the answer shows that it happened (job-token.md §6); a refusal counts always."""
    if not isinstance(access.caller, Job):
        return
    if not access.decision.allowed:
        recorder.note_refusal(access)
    elif 200 <= response.status_code < 300 or response.status_code == 302:
        recorder.note_use(access)
