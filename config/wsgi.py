"""The WSGI application, with a request that also reads chunked bodies."""

from __future__ import annotations

import gc
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.conf import settings
from django.core.cache import close_caches
from django.core.handlers.base import reset_urlconf
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, reset_queries
from django.urls import get_resolver

# Objects made before the collector looks for cycles among them; Python's own 700 has it look every few requests.
GARBAGE_ROUND = 20_000


class EndedStream:
    """The server's own stream, which ends by itself. Django closes a body it has read; not every such stream can be."""

    def __init__(self, stream: Any) -> None:
        self.read = stream.read
        self.readline = stream.readline

    def close(self) -> None:
        """Nothing to give back."""


class StreamingRequest(WSGIRequest):
    """Django takes a body without Content-Length for an empty one. Git, the runner and curl send such bodies
    (`Transfer-Encoding: chunked`); the server hands them over de-chunked and ended, so the stream is read as it is
    (resources.md §0.3)."""

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        if environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
            self._stream = EndedStream(environ["wsgi.input"])  # type: ignore[assignment]


class Handler(WSGIHandler):
    request_class = StreamingRequest


def quiet_signals() -> None:
    """Takes away what Django does around every request and is for nothing here: queries are kept only when debugging,
    caches are this process's own memory, a connection that went bad is found out when the next request starts, and each
    request names the routes it is answered by."""
    if not settings.DEBUG:
        request_started.disconnect(reset_queries)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(reset_urlconf)


def settle() -> None:
    """Loads all there is to load before the first request comes, and takes it out of the garbage collector's sight:
    each of its rounds would walk through hundreds of thousands of objects that live as long as the process."""
    get_resolver().url_patterns  # noqa: B018 - the first look imports every route
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_ROUND, 20, 20)


django.setup(set_prefix=False)
application = Handler()
quiet_signals()
settle()
