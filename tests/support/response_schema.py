"""Holds the JSON that the API answers against its own description (`/api/schema/`), for every client of the tests.

Stricter than the description reads: an object has no key that is not declared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.http.response import HttpResponseBase
from django.test import Client
from jsonschema_rs import Draft202012Validator

from api.input import parameters
from portal.api import openapi

API = ("/api/v4/", "/access/v1/")
ROUTES = "config.urls"  # those that the description is made of
JSON = "application/json"
_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
_COMPONENTS = "#/components/schemas/"
_ERROR = {"$ref": f"{_COMPONENTS}Error"}
_ONE_AT_A_TIME = Lock()


class CheckedClient(Client):
    """Django's client; an answer of the REST API that does not fit its schema fails the test. As our server does, it
    tells the address as it was sent."""

    def generic(self, method: str, path: Any, *args: Any, **more: Any) -> Any:
        return super().generic(method, path, *args, **{"REQUEST_URI": urlsplit(str(path)).path, **more})

    def request(self, **environ: Any) -> Any:
        response: Any = super().request(**environ)
        fault = fault_of(response)
        assert not fault, fault
        return response


@contextmanager
def described_anew() -> Iterator[None]:
    """For a test that changes what the description and the parameters are made of: they are made again, for the test
    and after it."""
    caches = (openapi.document, _components, _validator, parameters._reader)
    for cached in caches:
        cached.cache_clear()
    try:
        yield
    finally:
        for cached in caches:
            cached.cache_clear()


def fault_of(response: Any) -> str:
    """What of an answer contradicts the description; empty if nothing does.

    Answers that are no JSON are not read, nor those of routes that a test makes up.
    """
    request = response.wsgi_request
    path, status = request.path_info, response.status_code
    if (
        settings.ROOT_URLCONF != ROUTES
        or not path.startswith(API)
        or not _is_json(response)
        or status // 100 not in {2, 4}
    ):
        return ""
    method = "GET" if request.method == "HEAD" else request.method
    match = request.resolver_match
    route = _PARAMETER.sub(r"{\1}", f"/{match.route}") if match else ""
    body = response.content
    return misfit(method, route, status, orjson.loads(body)) if body else ""


def _is_json(response: HttpResponseBase) -> bool:
    """Of any type that says so: `application/sarif+json`."""
    kind = response.headers.get("Content-Type", "").partition(";")[0]
    return not response.streaming and (kind == JSON or kind.endswith("+json"))


def misfit(method: str, route: str, status: int, body: Any) -> str:
    """`route` as the description writes it: `/api/v4/projects/{project}`."""
    with _ONE_AT_A_TIME:  # requests in threads: drf-spectacular describes for one of them only
        validator = _validator(method.lower(), route, status)
    where = f"{method} {route} → {status}"
    if isinstance(validator, str):
        return f"{where}: {validator}"
    if validator is None or validator.is_valid(body):
        return ""
    faults = [f"{list(error.instance_path)}: {error.message}" for error in validator.iter_errors(body)]
    return f"{where} does not fit its schema: " + "; ".join(faults)


@cache
def _validator(method: str, route: str, status: int) -> Draft202012Validator | str | None:
    """None for a file, which may well be JSON; a text if the description knows no such answer."""
    operation = openapi.document()["paths"].get(route, {}).get(method)
    if operation is None:
        # An unknown address, or a method that it does not have.
        return _compile(_ERROR) if status // 100 == 4 else "not described"
    responses = operation["responses"]
    described = responses.get(str(status)) or responses.get(f"{status // 100}XX")
    if described is None:
        return f"not described, but {', '.join(responses)}"
    content = described.get("content", {})
    of_json = [one["schema"] for kind, one in content.items() if kind == JSON or kind.endswith("+json")]
    if of_json:
        return _compile(of_json[0])
    return None if content else "has a body, but none is described"


def _compile(schema: dict[str, Any]) -> Draft202012Validator:
    """With those components alone that it leads to: all of them take a hundred times as long."""
    own = _close(schema)
    needed: dict[str, Any] = {}
    missing = _named_in(own)
    while missing:
        name = missing.pop()
        needed[name] = _components()[name]
        missing |= _named_in(needed[name]) - needed.keys()
    return Draft202012Validator({**own, "components": {"schemas": needed}}, validate_formats=True)


def _named_in(node: Any) -> set[str]:
    """The components that a schema refers to."""
    if isinstance(node, list):
        return {name for one in node for name in _named_in(one)}
    if not isinstance(node, dict):
        return set()
    found = {name for value in node.values() for name in _named_in(value)}
    reference = node.get("$ref")  # a schema, too, may have a property of this name
    return found | {reference.removeprefix(_COMPONENTS)} if isinstance(reference, str) else found


@cache
def _components() -> Any:
    return _close(openapi.document()["components"]["schemas"])


def _close(node: Any) -> Any:
    """Of every object with declared keys: no other keys."""
    if isinstance(node, list):
        return [_close(one) for one in node]
    if not isinstance(node, dict):
        return node
    closed = {name: _close(value) for name, value in node.items()}
    if isinstance(node.get("properties"), dict) and "type" in node:
        closed.setdefault("additionalProperties", False)
    return closed
