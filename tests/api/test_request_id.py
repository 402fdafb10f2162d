"""Every answer names its request, and so does what the log says of it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory

from api.request_id import RequestIdFilter, RequestIdMiddleware
from tests.factories.cast import Cast

pytestmark = pytest.mark.once


@pytest.mark.parametrize("path", ["/api/v4/version", "/api/v4/nothing", "/acme/nothing", "/acme/library.git/info/refs"])
def test_every_answer_has_a_name_of_its_own(cast: Cast, path: str) -> None:
    first, second = (Client().get(path)["X-Request-Id"] for _ in range(2))
    assert len(first) == len(second) == 32
    assert first != second


def test_the_name_that_a_client_gives_comes_back(cast: Cast, api: Any) -> None:
    for name in ("ci-1", "a/b:c.d", "x" * 255):
        assert api(cast.developer).get("/version", headers={"X-Request-Id": name})["X-Request-Id"] == name


@pytest.mark.parametrize("name", ["", "x" * 256, "a\tb", "\u00e4", "a\nSet-Cookie: x"])
def test_a_name_that_would_spoil_a_header_or_a_log_is_replaced(cast: Cast, api: Any, name: str) -> None:
    answer = Client().get("/api/v4/version", HTTP_X_REQUEST_ID=name)
    assert answer["X-Request-Id"] != name
    assert len(answer["X-Request-Id"]) == 32


@pytest.mark.pure
def test_a_line_of_the_log_says_which_request_it_is_about() -> None:
    request = RequestFactory().get("/", HTTP_X_REQUEST_ID="ci-1")
    RequestIdMiddleware(lambda _: HttpResponse())(request)
    about = logging.makeLogRecord({"msg": "Internal Server Error: %s", "args": ("/x",), "request": request})
    other = logging.makeLogRecord({"msg": "It failed"})
    assert all(RequestIdFilter().filter(record) for record in (about, other))
    assert about.getMessage() == "Internal Server Error: /x (request ci-1)"
    assert other.getMessage() == "It failed"
