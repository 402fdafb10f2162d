"""The plain adapter, for the hottest API addresses: a Django function view behind the gate, without REST framework.

@api_view(GET=Action.READ_OWN_JOB)
def own_job(request): ... request.access.job

It refuses in the same words as `tokenaccess.drf`; only the machinery around it is smaller (performance.md: 1.6 to 1).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.rest import ApiError, answer_to
from identity.resolve import BadCredential, CsrfFailure
from tokenaccess.drf import reference_in, translated
from tokenaccess.gate import Access, AccessDenied, authorize
from tokenaccess.policy import Action
from tokenaccess.statement import Asked

View = Callable[..., HttpResponseBase]


class ApiRequest(HttpRequest):
    """What a gated view is handed."""

    access: Access


def api_view(
    *,
    challenge: str = "",
    is_upload: bool = False,
    along: Callable[[dict[str, Any]], Asked | None] | None = None,
    **actions: Action,
) -> Callable[[View], View]:
    """`actions`: method → action; any other method is 405. The target is the URL's `project` or `group`.

    `along`: from the URL's values, what a GET reads along with the check, for `access.along`; None when they are no
    such thing's.

    `challenge` is the Basic realm of a 401; `is_upload` leaves the body unread. What the view raises is answered as
    REST framework's views answer it (config.rest.answer_to).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
            try:
                if method not in actions:
                    raise ApiError(405, "405 Method Not Allowed", {"Allow": ", ".join(actions)})
                request.is_upload = is_upload  # type: ignore[attr-defined]
                asked = along(kwargs) if along is not None and method == "GET" else None
                authorize(request, actions[method], reference_in(kwargs), asked=asked)
                return view(request, **kwargs)
            except (AccessDenied, BadCredential, CsrfFailure) as no:
                return told(translated(no, challenge))
            except Exception as error:
                return told(error)

        gated.actions = actions  # type: ignore[attr-defined]
        gated.csrf_exempt = True  # type: ignore[attr-defined] # who comes by session proves it in identity.resolve
        return gated

    return decorate


def json_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=status, content_type="application/json", headers=headers)


def told(error: Exception) -> HttpResponse:
    """The answer to a refusal or bad input, in REST's words; anything else is raised again."""
    answer = answer_to(error)
    if answer is None:
        raise error
    response = json_response(answer.body, answer.status, answer.headers)
    response._has_been_logged = True  # type: ignore[attr-defined] # the access log counts it; Django need not name it
    return response
