"""The plain adapter, for the hottest API addresses: a Django function view behind the gate, without REST framework.

@api_view(GET=Action.READ_OWN_JOB)
def own_job(request): ... request.access.job

It refuses in the same words as `drf`; only the machinery around it is smaller (performance.md §2.5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Generic

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from typing_extensions import TypeVar

from api.input.parameters import NoParameters, query_parameters
from api.operations import Operation
from api.rest import ApiError, error_content
from identity.credentials.resolve import BadCredential, CsrfFailure
from tokenaccess.access.gate import authorize
from tokenaccess.access.request_state import request_state
from tokenaccess.access.result import Access, AccessDenied
from tokenaccess.access.sql.joined_read import JoinedReadParams
from tokenaccess.adapters.drf import target_of_url, to_api_error
from tokenaccess.policy import Action

View = Callable[..., HttpResponseBase]
T = TypeVar("T", default=Any)


class ApiRequest(HttpRequest, Generic[T]):
    """The request that a gated view receives; `T` is the type of `access.joined`."""

    access: Access[T]


def api_view(
    *,
    challenge: str = "",
    is_upload: bool = False,
    joined: Callable[[dict[str, Any]], JoinedReadParams[Any] | None] | None = None,
    operations: Mapping[str, Operation] | None = None,
    **actions: Action,
) -> Callable[[View], View]:
    """`actions`: method → action; any other is 405. Exceptions are answered as in REST framework (api.rest).
    `joined`: from the URL's values, what a GET reads in the check's statement; None for values that no row can have.
    `operations`: method → what it takes and returns; what takes nothing refuses what it is given.
    `challenge` is the Basic realm of a 401; `is_upload` leaves the body unread."""
    bare = {method for method, declared in (operations or {}).items() if declared.params is NoParameters}

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
            try:
                if method not in actions:
                    raise ApiError(405, "405 Method Not Allowed", {"Allow": ", ".join(actions)})
                if is_upload:
                    request_state(request).is_upload = True
                read = joined(kwargs) if joined is not None and method == "GET" else None
                authorize(request, actions[method], target_of_url(kwargs), joined=read)
                if method in bare and request.META.get("QUERY_STRING"):
                    NoParameters.read_values(query_parameters(request))
                return view(request, **kwargs)
            except (AccessDenied, BadCredential, CsrfFailure) as no:
                return error_response(to_api_error(no, challenge))
            except Exception as error:
                return error_response(error)

        # Not Django's check: who comes by session proves it in identity.credentials.resolve.
        gated.__dict__.update(actions=actions, operations=dict(operations or {}), csrf_exempt=True)
        return gated

    return decorate


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/json", headers=headers)


def error_response(error: Exception) -> HttpResponse:
    """The REST response to a refusal or bad input; any other exception is raised again."""
    answer = error_content(error)
    if answer is None:
        raise error
    response = json_response(answer.body, answer.status, answer.headers)
    response._has_been_logged = True  # type: ignore[attr-defined] # the access log counts it; Django need not name it
    return response
