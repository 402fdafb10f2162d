"""Lets pages of other sites call the API, and OAuth's endpoints for programs: with a token, but never with a person's
cookie (resources.md §0.3).

Not django-cors-headers: it answers requests with cookies too, lets through a fixed list of headers instead of any, and
makes an object of all headers of every request, also of a job's.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
EXPOSED = (
    "ETag, Link, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Access-Reason, "
    "X-Gitlab-Blob-Id, X-Gitlab-Commit-Id, X-Gitlab-Content-Sha256, "
    "X-Gitlab-Encoding, X-Gitlab-Execute-Filemode, X-Gitlab-File-Name, X-Gitlab-File-Path, X-Gitlab-Last-Commit-Id, "
    "X-Gitlab-Ref, X-Gitlab-Size, X-Next-Page, X-Page, X-Per-Page, X-Prev-Page, "
    "X-Request-Id, X-Total, X-Total-Pages"
)
MAX_AGE = 7200  # seconds that a browser may keep the answer to a preflight

# Consent is asked on a page, which no other site reads.
PATHS = ("/api/v4/", "/oauth/token", "/oauth/revoke", "/oauth/userinfo")

Handler = Callable[[HttpRequest], HttpResponseBase]


class CorsMiddleware:
    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_ORIGIN" not in request.META or not request.path_info.startswith(PATHS):
            return self.get_response(request)
        if request.META.get("HTTP_COOKIE"):
            response = self.get_response(request)
        else:
            response = _preflight_response(request) if _is_preflight(request) else self.get_response(request)
            response["Access-Control-Allow-Origin"] = "*"
            response["Access-Control-Expose-Headers"] = EXPOSED
        patch_vary_headers(response, ["Origin"])
        return response


def _is_preflight(request: HttpRequest) -> bool:
    return request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META


def _preflight_response(request: HttpRequest) -> HttpResponse:
    """The same for every address, whatever is there: a browser sends no credentials with the question."""
    response = HttpResponse(content_type="text/plain")
    response["Access-Control-Allow-Methods"] = METHODS
    response["Access-Control-Max-Age"] = str(MAX_AGE)
    headers = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
    if headers:
        response["Access-Control-Allow-Headers"] = headers
    return response
