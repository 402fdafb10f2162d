"""The path of a request as it was sent: a `%2F` in it is part of a name, a slash is not (resources.md §0.3)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path

# What stands before the part that is an id or path; our own addresses have it one part further.
NAMED_BY_ID_OR_PATH = re.compile(
    r"(?P<start>/api/v4/(?:projects|groups|namespaces|token_access/(?:projects|groups))/)(?P<id>[^/?]+)"
)
_API = "/api/v4/"
_ENCODED_SLASH = re.compile("%2f", re.IGNORECASE)
SLASH_IN_NAME = "\ue000"  # of Unicode's private use: stands for an encoded slash while a route is looked up
_EMPTY_PART = re.compile(r"\A(/api/v4/\w+)//+")


def sent_path(request: HttpRequest) -> str:
    """For links to the same address."""
    return str(request.META.get("REQUEST_URI") or escape_uri_path(request.path))


def prepare_path(request: HttpRequest) -> None:
    """Before its route is looked up. `/api/v4/features//name`, as python-gitlab writes it, is the address with one
    slash."""
    sent = request.META.get("REQUEST_URI", "")
    if "%2" in sent and sent.startswith(_API):
        _keep_names_whole(request, sent.partition("?")[0])
    if "//" in request.path_info:
        request.path_info = _EMPTY_PART.sub(r"\1/", request.path_info)


def _keep_names_whole(request: HttpRequest, sent: str) -> None:
    """Lets a name with encoded slashes stay one part of the address while its route is looked up. Without, a project
    called `jobs` could not be told from the list of jobs of its group, nor a file `docs/raw` from the raw file `docs`.
    """
    named = NAMED_BY_ID_OR_PATH.match(sent)
    kept = named.group() if named else _API
    if not request.path_info.startswith(unquote(kept)):
        return
    rest, sent_rest = request.path_info.removeprefix(unquote(kept)), sent.removeprefix(kept)
    if rest == unquote(sent_rest):
        rest = unquote(_ENCODED_SLASH.sub(SLASH_IN_NAME, sent_rest))
    request.path_info = kept + rest


def restore_names(request: HttpRequest, _view: Any, _args: Any, values: dict[str, Any]) -> None:
    """After the route was found, as a middleware's `process_view`: `values` are what it reads out of the address."""
    if SLASH_IN_NAME in request.path_info:
        request.path_info = request.path_info.replace(SLASH_IN_NAME, "/")
        for name, value in values.items():
            if isinstance(value, str):
                values[name] = value.replace(SLASH_IN_NAME, "/")
