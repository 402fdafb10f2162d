"""One address, several kinds of caller: people list runners at the address where a runner unregisters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from api.rest import ApiError
from tokenaccess.adapters.plain import error_response

View = Callable[..., HttpResponseBase]


def dispatch_by_method(*, aliases: Mapping[str, str] | None = None, **views: View) -> View:
    """Dispatch each method to its own view; any other is 405. Declares what the views declare.

    `aliases`: further methods → the one that each is another word for, which is how the view sees it.
    """
    others = aliases or {}

    @csrf_exempt  # each view proves its caller itself
    def dispatch(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        request.method = others.get(str(request.method), request.method)
        view = views.get("GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method))
        if view is None:
            return error_response(ApiError(405, "405 Method Not Allowed", {"Allow": ", ".join([*views, *others])}))
        return view(request, **kwargs)

    actions: dict[str, Any] = {}
    own: dict[str, str] = {}
    handlers: dict[str, Any] = {}
    for method, view in views.items():
        declared: Any = getattr(view, "cls", None) or getattr(view, "view_class", None) or view
        handlers[method] = declared
        actions |= {name: action for name, action in getattr(declared, "actions", {}).items() if name == method}
        if getattr(declared, "own_credential", ""):
            own[method] = str(declared.own_credential)
    dispatch.actions = actions  # type: ignore[attr-defined]
    dispatch.own_credential = own  # type: ignore[attr-defined]
    dispatch.handlers = handlers  # type: ignore[attr-defined]
    return dispatch
