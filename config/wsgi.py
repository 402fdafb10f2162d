"""The WSGI application, with a request that also reads chunked bodies."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest


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


django.setup(set_prefix=False)
application = Handler()
