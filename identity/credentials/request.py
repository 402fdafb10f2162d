"""Finds the one credential that a request is judged by. Knows carriers and prefixes (`credential_table`), no rows.

The order is GitLab's (job-token.md §1.3, §1.4): the first non-blank one counts, and a wrong one is an error, never a
reason to look at the next.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest
from django.http.request import RawPostDataException

from identity.credentials import table as credential_table
from identity.credentials.table import Carrier, Surface

_PARAMETERS = ("job_token", "token")
# What is blank in a header. A byte above 127, which Python may take for a blank too, makes it a malformed token.
_HTTP_BLANKS = " \t"
# A secret, and with it the user name of Basic; None for a name that cannot be read.
Presented = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class Credential:
    """`login`: the user name of Basic, None for one that cannot be read."""

    kind: str
    secret: str = ""
    login: str | None = ""
    carrier: Carrier | None = None


def find(
    request: HttpRequest, surface: Surface = Surface.API, needs: Any = None, *, reads_body: bool = True
) -> Credential | None:
    """The credential that counts; None for a visitor.

    `needs` of the action (tokenaccess.policy.needs): kinds that never serve it are as if they were not there. Without
    it those are left out which serve some actions only. `reads_body`: look for a job's token in the body too.
    """
    table, meta = credential_table.TABLE, request.META
    readers = _READERS if reads_body else _READERS_OF_UPLOADS
    for carrier, types in table.by_surface[surface]:
        if not any(map(meta.get, _PLACES[carrier])):
            continue
        for secret, login in readers[carrier](request):
            row = table.choose(types, carrier, secret, login)
            if row is not None and (row.only_for is None or (needs is not None and row.only_for(needs))):
                return Credential(row.kind, secret, login, carrier)
    return None


def _authorization(request: HttpRequest, scheme: str) -> str:
    header: str = request.META["HTTP_AUTHORIZATION"]
    presented, _, value = header.strip(_HTTP_BLANKS).partition(" ")
    return value.strip(_HTTP_BLANKS) if presented.lower() == scheme else ""


def _bearer(request: HttpRequest) -> Iterable[Presented]:
    value = _authorization(request, "bearer")
    return ((value, ""),) if value else ()


def _deploy_token(request: HttpRequest) -> Iterable[Presented]:
    value = request.META["HTTP_DEPLOY_TOKEN"].strip(_HTTP_BLANKS)
    return ((value, ""),) if value else ()


def _access_token(request: HttpRequest) -> Iterable[Presented]:
    value = request.GET.get("access_token", "").strip()
    return ((value, ""),) if value else ()


def _private_token(request: HttpRequest) -> Iterable[Presented]:
    meta = request.META
    parameter = request.GET.get("private_token", "").strip() if meta.get("QUERY_STRING") else ""
    values = (parameter, meta.get("HTTP_PRIVATE_TOKEN", "").strip(_HTTP_BLANKS))
    return [(value, "") for value in values if value]


def _basic(request: HttpRequest) -> Iterable[Presented]:
    value = _authorization(request, "basic")
    if not value:
        return ()
    try:
        login, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ((value, None),)
    return ((password, login),) if password else ()


def _job_token(request: HttpRequest, *, reads_body: bool = True) -> Iterable[Presented]:
    query = request.GET if request.META.get("QUERY_STRING") else {}
    body = _body_parameters(request) if reads_body else {}
    if query or body:
        for name in _PARAMETERS:
            for source in (query, body):
                value = source.get(name)
                if isinstance(value, str) and value.strip():
                    return ((value.strip(), ""),)
    header = request.META.get("HTTP_JOB_TOKEN", "").strip(_HTTP_BLANKS)
    return ((header, ""),) if header else ()


def _session(request: HttpRequest) -> Iterable[Presented]:
    return (("", ""),) if hasattr(request, "session") else ()


# Where in META a carrier leaves a trace. Without one it is not looked at.
_PLACES: dict[Carrier, tuple[str, ...]] = {
    Carrier.DEPLOY_TOKEN: ("HTTP_DEPLOY_TOKEN",),
    Carrier.BEARER: ("HTTP_AUTHORIZATION",),
    Carrier.ACCESS_TOKEN: ("QUERY_STRING",),
    Carrier.PRIVATE_TOKEN: ("HTTP_PRIVATE_TOKEN", "QUERY_STRING"),
    Carrier.BASIC: ("HTTP_AUTHORIZATION",),
    Carrier.JOB_TOKEN: ("HTTP_JOB_TOKEN", "QUERY_STRING", "CONTENT_TYPE"),
    Carrier.SESSION: ("HTTP_COOKIE",),
}
_READERS: dict[Carrier, Callable[[HttpRequest], Iterable[Presented]]] = {
    Carrier.DEPLOY_TOKEN: _deploy_token,
    Carrier.BEARER: _bearer,
    Carrier.ACCESS_TOKEN: _access_token,
    Carrier.PRIVATE_TOKEN: _private_token,
    Carrier.BASIC: _basic,
    Carrier.JOB_TOKEN: _job_token,
    Carrier.SESSION: _session,
}
# The body of an upload is a stream, and may be large: it is not searched.
_READERS_OF_UPLOADS = _READERS | {Carrier.JOB_TOKEN: partial(_job_token, reads_body=False)}


def _body_parameters(request: HttpRequest) -> dict[str, object]:
    """The token parameters of a form or JSON body."""
    kind = request.content_type
    if kind not in {"application/json", "application/x-www-form-urlencoded"}:
        return {}
    try:
        if kind != "application/json":
            return {name: request.POST.get(name) for name in _PARAMETERS}
        if b"token" not in request.body:
            return {}
        data = orjson.loads(request.body)
    except (RequestDataTooBig, TooManyFieldsSent, RawPostDataException, orjson.JSONDecodeError):
        return {}
    return data if isinstance(data, dict) else {}
