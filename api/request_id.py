"""Every answer names its request, as GitLab's do: `X-Request-Id`, by which the log's lines about it are found."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "X-Request-Id"
MAX_LENGTH = 255

Handler = Callable[[HttpRequest], HttpResponseBase]


class RequestIdMiddleware:
    """The client's own name for its request, if it is one that a header and a log take; else a new one."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        name = request.META.get("HTTP_X_REQUEST_ID", "")
        if not (0 < len(name) <= MAX_LENGTH and name.isascii() and name.isprintable()):
            name = os.urandom(16).hex()
        request.__dict__["request_id"] = name
        response = self.get_response(request)
        response.headers[HEADER] = name
        return response


class RequestIdFilter(logging.Filter):
    """Adds it to lines that are about a request."""

    def filter(self, record: logging.LogRecord) -> bool:
        name = getattr(getattr(record, "request", None), "request_id", None)
        if name is not None:
            record.msg, record.args = f"{record.getMessage()} (request {name})", None
        return True
