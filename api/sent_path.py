"""The path of a request as it was sent: a `%2F` in it is part of a name, a slash is not (resources.md §0.3)."""

from __future__ import annotations

import re
from urllib.parse import unquote

from django.http import HttpRequest
from django.utils.encoding import escape_uri_path

# What stands before the part that is an id or path; our own addresses have it one part further.
NAMED_BY_ID_OR_PATH = re.compile(
    r"(?P<start>/api/v4/(?:projects|groups|namespaces|token_access/(?:projects|groups))/)(?P<id>[^/?]+)"
)
_EMPTY_PART = re.compile(r"\A(/api/v4/\w+)//+")


def sent_path(request: HttpRequest) -> str:
    """For links to the same address."""
    return str(request.META.get("REQUEST_URI") or escape_uri_path(request.path))


def prepare_path(request: HttpRequest) -> None:
    """Before its route is looked up. `/api/v4/features//name`, as python-gitlab writes it, is the address with one
    slash."""
    sent = request.META.get("REQUEST_URI", "")
    if "%2" in sent and sent.startswith("/api/v4/"):
        _keep_id_encoded(request, sent)
    if "//" in request.path_info:
        request.path_info = _EMPTY_PART.sub(r"\1/", request.path_info)


def _keep_id_encoded(request: HttpRequest, sent: str) -> None:
    """Lets an encoded full path stay one part of the address while its route is looked up. Without, a project called
    `jobs` could not be told from the list of jobs of its group."""
    named = NAMED_BY_ID_OR_PATH.match(sent)
    if named is None:
        return
    decoded = named["start"] + unquote(named["id"])
    if request.path_info.startswith(decoded):
        request.path_info = named.group() + request.path_info.removeprefix(decoded)
