"""What django-allauth expects around its views, in the place of its middleware: only these views need it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from types import SimpleNamespace
from typing import Any

from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest
from django.http.response import HttpResponseBase

View = Callable[..., HttpResponseBase]


def through_allauth(view: View) -> View:
    """Pages are rendered within, for their words may depend on the request too."""

    @wraps(view)
    def within(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        request.allauth = SimpleNamespace()  # type: ignore[attr-defined]
        with context.request_context(request):
            try:
                response: Any = view(request, *args, **kwargs)
                return response.render() if hasattr(response, "render") else response
            except ImmediateHttpResponse as stop:
                return stop.response

    return within
