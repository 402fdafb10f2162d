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
from django.db import close_old_connections, connection, reset_queries
from django.urls import get_resolver
from django.utils.log import log_response

from outages.connections import close_if_lost

_KEEPS_CONNECTIONS = connection.vendor == "postgresql"
# Objects made before the collector looks for cycles among them; Python's own 700 has it look every few requests.
GC_THRESHOLD = 20_000


class WsgiInput:
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
            self._stream = WsgiInput(environ["wsgi.input"])  # type: ignore[assignment]


class Handler(WSGIHandler):
    """Django's, without what takes a quarter of a short request's time and is for nothing here: the product lies at the
    root of its address, so no script's name is set for each request; all requests have the same routes, so they are not
    set for each; and a connection to the database is tried when something went wrong, not before each request."""

    request_class = StreamingRequest

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if _KEEPS_CONNECTIONS:
            close_if_lost()
        response = self.get_response(self.request_class(environ))
        response._handler_class = self.__class__
        headers = list(response.headers._store.values())
        headers += (("Set-Cookie", cookie.OutputString()) for cookie in response.cookies.values())
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        if response.status_code >= 500:
            close_old_connections()
        return self._as_file(response, environ.get("wsgi.file_wrapper"))

    def get_response(self, request: Any) -> Any:
        response = self._middleware_chain(request)  # type: ignore[attr-defined]
        response._resource_closers.append(request.close)
        if response.status_code >= 400:
            log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request)
        return response

    def _as_file(self, response: Any, wrapper: Any) -> Any:
        """As Django does it: what is read from a file may be sent by the server's own means."""
        file = getattr(response, "file_to_stream", None)
        if file is None or wrapper is None:
            return response
        file.close = response.close
        return wrapper(file, response.block_size)


def disconnect_signals() -> None:
    """Takes away what Django does around every request and is for nothing here: queries are kept only when debugging,
    caches are this process's own memory, `Handler` looks after the connections, and each request names the routes it is
    answered by."""
    if not settings.DEBUG:
        request_started.disconnect(reset_queries)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_caches)
    request_finished.disconnect(close_old_connections)
    request_finished.disconnect(reset_urlconf)


def preload() -> None:
    """Loads all there is to load before the first request comes, and takes it out of the garbage collector's sight:
    each of its rounds would walk through hundreds of thousands of objects that live as long as the process."""
    get_resolver().url_patterns  # noqa: B018 - the first look imports every route
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    gc.enable()  # manage.py


django.setup(set_prefix=False)
application = Handler()
disconnect_signals()
preload()
