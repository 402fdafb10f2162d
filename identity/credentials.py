"""Finds the one credential a request is to be judged by. Knows carriers and prefixes, no rows.

The order is the original's (job-token.md §1.3, §1.4): the first non-blank one counts, and a wrong one is an error,
never a reason to look at the next.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest
from django.http.request import RawPostDataException

from identity.secrets import Prefix

JOB_LOGIN = "gitlab-ci-token"


class Kind(StrEnum):
    JOB = "job"
    PERSONAL = "personal"
    PASSWORD = "password"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Credential:
    kind: Kind
    secret: str = ""
    login: str = ""


def find(request: HttpRequest, *, takes_jobs: bool, takes_passwords: bool = False) -> Credential | None:
    """`takes_jobs`: the route accepts job tokens; elsewhere one is as if it were not there.

    `takes_passwords`: an account's password by Basic counts too (git).
    """
    scheme, value = _authorization(request)
    query = _query(request)
    if scheme == "bearer" and value.startswith(Prefix.JOB):
        if takes_jobs:
            return Credential(Kind.JOB, value)
    elif scheme == "bearer" and value:
        return Credential(Kind.PERSONAL, value)
    for personal in (query.get("private_token", ""), request.META.get("HTTP_PRIVATE_TOKEN", "")):
        if personal.strip() and not personal.startswith(Prefix.JOB):
            return Credential(Kind.PERSONAL, personal.strip())
    if scheme == "basic":
        found = _basic(value, takes_jobs, takes_passwords)
        if found is not None:
            return found
    if takes_jobs:
        job = _job_by_request(request, query)
        if job:
            return Credential(Kind.JOB, job)
    return Credential(Kind.SESSION) if hasattr(request, "session") else None


def _query(request: HttpRequest) -> Mapping[str, Any]:
    return request.GET if request.META.get("QUERY_STRING") else {}


def _authorization(request: HttpRequest) -> tuple[str, str]:
    scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    return scheme.lower(), value.strip()


def _basic(value: str, takes_jobs: bool, takes_passwords: bool) -> Credential | None:
    try:
        login, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return Credential(Kind.PERSONAL, value) if takes_passwords else None
    if not password:
        return None
    if login == JOB_LOGIN:
        return Credential(Kind.JOB, password) if takes_jobs else None
    if password.startswith(Prefix.PERSONAL):
        return Credential(Kind.PERSONAL, password)
    return Credential(Kind.PASSWORD, password, login) if takes_passwords else None


def _job_by_request(request: HttpRequest, query: Mapping[str, Any]) -> str:
    body = _body_parameters(request)
    for name in ("job_token", "token"):
        for source in (query, body):
            token = _text(source.get(name))
            if token:
                return token
    return request.META.get("HTTP_JOB_TOKEN", "").strip()


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _body_parameters(request: HttpRequest) -> dict[str, object]:
    """The token parameters of a form or JSON body. Uploads are never read here: they are streams, and may be large."""
    kind = request.content_type
    if kind not in {"application/json", "application/x-www-form-urlencoded"} or getattr(request, "is_upload", False):
        return {}
    try:
        if kind != "application/json":
            return {name: request.POST.get(name) for name in ("job_token", "token")}
        if b"token" not in request.body:
            return {}
        data = orjson.loads(request.body)
    except (RequestDataTooBig, TooManyFieldsSent, RawPostDataException, orjson.JSONDecodeError):
        return {}
    return data if isinstance(data, dict) else {}
