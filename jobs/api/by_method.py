"""One address, several kinds of caller: people list runners where a runner takes its leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from config.rest import ApiError
from tokenaccess.plain import told

View = Callable[..., HttpResponseBase]


def by_method(**views: View) -> View:
    """Hands each method to its own view; any other is 405. Declares what each of them declares."""

    @csrf_exempt  # each view proves its caller itself
    def dispatch(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        view = views.get("GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method))
        if view is None:
            return told(ApiError(405, "405 Method Not Allowed", {"Allow": ", ".join(views)}))
        return view(request, **kwargs)

    actions: dict[str, Any] = {}
    own: dict[str, str] = {}
    for method, view in views.items():
        declared: Any = getattr(view, "cls", None) or getattr(view, "view_class", None) or view
        actions |= {name: action for name, action in getattr(declared, "actions", {}).items() if name == method}
        if getattr(declared, "own_credential", ""):
            own[method] = str(declared.own_credential)
    dispatch.actions = actions  # type: ignore[attr-defined]
    dispatch.own_credential = own  # type: ignore[attr-defined]
    return dispatch
