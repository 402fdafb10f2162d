"""Bodies as a server hands them over: with a length, or as a stream that ends by itself."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import RequestFactory

from config.wsgi import StreamingRequest


class ServersStream:
    """As granian's: it reads, and that is all it does."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int = -1) -> bytes:
        size = len(self.data) if size < 0 else size
        piece, self.data = self.data[:size], self.data[size:]
        return piece

    def readline(self, size: int = -1) -> bytes:
        return self.read(size)


def request(data: bytes, **more: Any) -> StreamingRequest:
    environ = RequestFactory().get("/api/v4/job").environ
    environ.pop("CONTENT_LENGTH", None)
    return StreamingRequest({**environ, "wsgi.input": ServersStream(data), "wsgi.input_terminated": True, **more})


@pytest.mark.pure
def test_a_body_without_a_length_is_read_whole() -> None:
    assert request(b"x" * 100_000, REQUEST_METHOD="POST").body == b"x" * 100_000


@pytest.mark.pure
def test_no_body_at_all_is_empty_even_when_its_type_is_named() -> None:
    assert request(b"", CONTENT_TYPE="application/json").body == b""


@pytest.mark.pure
def test_a_body_with_a_length_ends_there() -> None:
    assert request(b"hello and more", CONTENT_LENGTH="5", REQUEST_METHOD="POST").body == b"hello"
