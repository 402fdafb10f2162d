"""Guesses of client secrets and user codes, counted as wrong passwords are (django-axes): by name and address, so that
nobody's guesses lock out another."""

from __future__ import annotations

import base64
from dataclasses import replace
from urllib.parse import unquote_plus

from axes.handlers.proxy import AxesProxyHandler
from django.http import HttpRequest, JsonResponse

from identity.models import User
from identity.sign_in import lockout

LIMIT = replace(lockout.LIMIT, name="oauth")


def is_locked(request: HttpRequest, name: str) -> bool:
    return bool(AxesProxyHandler.is_locked(_without_secrets(request), {"username": name}))


def record_failure(request: HttpRequest, name: str) -> None:
    AxesProxyHandler.user_login_failed(__name__, {"username": name}, _without_secrets(request))


def client_id_of(request: HttpRequest) -> str:
    """Of the application that a request says it is from."""
    return (_basic_client_id(request) or request.POST.get("client_id", "")).replace("\0", "")


def problem_of(request: HttpRequest) -> str:
    """Why it is not clear whose secret counts; "" where it is."""
    if request.META.get("QUERY_STRING"):
        return "URL query parameters are not allowed"
    basic, given = _basic_client_id(request), request.POST.get("client_id", "")
    if basic is None:
        return "The header Authorization cannot be read."
    return "The request names two applications." if basic and given and basic != given else ""


def _basic_client_id(request: HttpRequest) -> str | None:
    """None where the header is not base64 of text."""
    scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return unquote_plus(base64.b64decode(value).decode().partition(":")[0])
    except ValueError:
        return None


def name_of_client(request: HttpRequest) -> str:
    return f"OAuth application {client_id_of(request)}"


def name_of_guesser(person: User) -> str:
    return f"OAuth user codes by {person.pk}"


def too_many() -> JsonResponse:
    error = {"error": "slow_down", "error_description": "Too many wrong client secrets. Wait 15 minutes."}
    return JsonResponse(error, status=429, headers=LIMIT.headers)


def _without_secrets(request: HttpRequest) -> HttpRequest:
    """What is kept of a request that failed has no parameters."""
    bare = HttpRequest()
    bare.method = request.method
    bare.path = bare.path_info = request.path_info
    bare.META = {name: request.META[name] for name in ("REMOTE_ADDR", "HTTP_USER_AGENT") if name in request.META}
    return bare
