"""How npm's addresses answer: npm prints the key `error`, GitLab's other clients read `message` (resources.md §2.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.input.parameters import Parameters
from api.operations import Operation
from api.rest import ApiError
from resources.packages.formats.uploads import CHALLENGE
from tokenaccess.adapters.plain import View, api_view
from tokenaccess.policy import Action


class NpmParameters(Parameters):
    lenient = "npm and its like add words to addresses, such as `?write=true`, which ask for nothing else here"


def npm_view(*, operations: dict[str, Operation], joined: Any = None, **actions: Action) -> Callable[[View], View]:
    """As `api_view`; an error says what it is in the key that npm prints, too."""
    lenient = {method: replace(declared, params=NpmParameters) for method, declared in operations.items()}
    gate = api_view(challenge=CHALLENGE, is_upload=True, joined=joined, operations=lenient, **actions)

    def decorate(view: View) -> View:
        gated = gate(_refuse_unprintable(view))

        @wraps(gated)
        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
            return _with_error_key(gated(request, **kwargs))

        return answer

    return decorate


def _refuse_unprintable(view: View) -> View:
    """No database can be asked for a name with a NUL in it."""

    @wraps(view)
    def answer(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        if not all(value.isprintable() for value in kwargs.values()):
            raise packages_not_found()
        return view(request, **kwargs)

    return answer


def npm_error(status: int, text: str) -> ApiError:
    return ApiError(status, {"message": text, "error": text})


def packages_not_found() -> ApiError:
    return ApiError(404, {"message": "404 Packages Not Found", "error": "Packages not found"})


def _with_error_key(response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code < 400 or not isinstance(response, HttpResponse) or not response.content:
        return response
    body = orjson.loads(response.content)
    if "message" in body and "error" not in body:
        response.content = orjson.dumps(body | {"error": _text(body["message"])})
    return response


def _text(message: Any) -> str:
    return message if isinstance(message, str) else orjson.dumps(message).decode()
