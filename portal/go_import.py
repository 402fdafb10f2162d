"""`GET /<any path>?go-get=1`: where the repository of a Go package lies (resources.md §1.6).

Go asks with the address of a package, which may lie deeper than the project or end in a version (`/v2`). Whoever may
clone the project is told its path. Anyone else is told the first two parts of the address, whatever is there: then the
answer depends on the address alone.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers

from identity.credentials.resolve import BadCredential
from identity.credentials.table import Surface
from projects.models import Project
from tokenaccess.access.gate import check
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.request_state import record_access
from tokenaccess.adapters.drf import bad_credential_error, refusal_error
from tokenaccess.adapters.plain import error_response
from tokenaccess.policy import Action, Refusal

ACTION = Action.DOWNLOAD_CODE
KEY = "GET go-get=1"
_REALM = "GitLab"
_MAX_PARTS = 22  # of an address that are tried as a project's path
# The caller's own fault, whatever the address: hiding it behind a guess would only make `go get` fail later.
_OWN_FAULTS = frozenset({Refusal.UNAUTHENTICATED, Refusal.BLOCKED, Refusal.SCOPE})


def is_go_get(request: HttpRequest) -> bool:
    return request.META.get("QUERY_STRING", "").find("go-get=1") >= 0 and request.GET.get("go-get") == "1"


def go_import(request: HttpRequest, path: str) -> HttpResponse:
    """`path` is a package's: the project's, or below it. One check for each project that it may be in."""
    try:
        response = _respond(request, path.split("/")[:_MAX_PARTS])
    except BadCredential as error:
        response = error_response(bad_credential_error(error, _REALM))
    patch_cache_control(response, private=True, no_store=True)
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response


def _respond(request: HttpRequest, parts: list[str]) -> HttpResponse:
    for length in range(min(2, len(parts)), len(parts) + 1):
        access = check(request, ACTION, IdOrPath.of_path("/".join(parts[:length])), surface=Surface.GIT)
        if access.decision.refusal in _OWN_FAULTS:
            record_access(request, access)
            return error_response(refusal_error(access, _REALM))
        if access.decision.allowed:
            record_access(request, access)
            return _page(request, access.project.full_path, access.project)
    return _page(request, "/".join(parts[:2]))


def _page(request: HttpRequest, path: str, project: Project | None = None) -> HttpResponse:
    url = f"{settings.EXTERNAL_URL}/{path}"
    parsed = urlsplit(url)
    context = {"root": f"{parsed.netloc}{parsed.path}", "url": url}
    if project is not None:
        branch = quote(project.default_branch)
        context |= {"tree": f"{url}/-/tree/{branch}", "blob": f"{url}/-/blob/{branch}"}
    return render(request, "portal/go_import.html", context)
