"""What the gate knows of one request, kept on the request object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from identity.models import User
from tokenaccess.access.result import Access
from tokenaccess.policy import Caller


@dataclass(slots=True)
class RequestState:
    """`is_upload`: the body is a stream for the view, not to be searched for tokens. `caller`, with their account, and
    `token` (personal or deploy): resolved once per request; `is_session`: of a session. `uses`: what a job was allowed
    besides, in other projects than the one of the address. `search_refusal`: of a search that led to nothing the caller
    may read. `denial_id`: for the X-Access-Reason of an error page."""

    is_upload: bool = False
    caller: tuple[Caller, User | None] | None = None
    token: Any = None
    is_session: bool = False
    uses: list[Access] = field(default_factory=list)
    search_refusal: Access | None = None
    denial_id: str = ""


def request_state(request: HttpRequest) -> RequestState:
    attributes = request.__dict__
    state: RequestState | None = attributes.get("access_state")
    if state is None:
        state = attributes["access_state"] = RequestState()
    return state


def record_access(request: HttpRequest, access: Access) -> None:
    """For the log, and as `request.access` for the view."""
    request.__dict__["access"] = access
