"""What each request passes on its way in and out: the audit's client address, its route, and the access log."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from api.sent_path import prepare_path, restore_names
from audit.client_address import set_client_address, set_sudo_name, set_token_name
from tokenaccess.access.request_state import RequestState
from tokenaccess.access.result import Access
from tokenaccess.access_log import buffer
from tokenaccess.adapters import denial_id
from tokenaccess.policy import Job


class AccessMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        set_client_address(request.META.get("REMOTE_ADDR"))
        set_token_name("")
        set_sudo_name("")
        prepare_path(request)
        state = request.__dict__["access_state"] = RequestState()
        response = self.get_response(request)
        last = getattr(request, "access", None)
        if last is not None and isinstance(last.caller, Job):
            for access in (last, *state.uses):
                _record(access, response)
        if state.search_refusal is not None and response.status_code >= 400:
            _tell_refusal(state.search_refusal, response)
        if state.denial_id and denial_id.HEADER not in response:
            response[denial_id.HEADER] = state.denial_id
        return response

    process_view = staticmethod(restore_names)


def _tell_refusal(access: Access, response: HttpResponseBase) -> None:
    """A search that finds nothing says no more than that it was refused, whether something is there or not."""
    if isinstance(access.caller, Job):
        buffer.record_refusal(access)
    response.setdefault(denial_id.HEADER, denial_id.encode(access))


def _record(access: Access, response: HttpResponseBase) -> None:
    """Of a job. A use counts if the response is a success (job-token.md §6) or 304; a refusal always
    counts, also one on trial."""
    if access.decision.reason is not None:
        buffer.record_refusal(access)
        return
    if access.decision.trial is not None:
        buffer.record_refusal(access)
    if 200 <= response.status_code < 300 or response.status_code in {302, 304}:
        buffer.record_use(access)
