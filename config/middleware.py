"""Django's page middleware, stepping aside where a request can have no use for it.

An API or git request without a session cookie needs no session, CSRF token, message or page policy. Each class here is
Django's (or its library's) own with one test in front.
"""

from __future__ import annotations

from typing import Any

import csp.middleware
import django_htmx.middleware
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware import clickjacking, csrf

API_PAGES = "/api/schema/"  # the one page below /api/: it needs the content security policy like any other
# The very ends that lead to git (resources.repositories.urls). A file in a folder called `x.git` is shown on a page.
GIT = (".git/info/refs", ".git/git-upload-pack", ".git/git-receive-pack")


def is_bare(request: HttpRequest) -> bool:
    """Whether the request speaks for itself: an API or git address, and no session cookie."""
    path = request.path_info
    ours = (path.startswith("/api/") and not path.startswith(API_PAGES)) or path.endswith(GIT)
    return ours and settings.SESSION_COOKIE_NAME not in request.COOKIES


class PagesOnly:
    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if is_bare(request):
            response: HttpResponseBase = self.get_response(request)  # type: ignore[attr-defined]
        else:
            response = super().__call__(request)  # type: ignore[misc]
        return response


class SessionMiddleware(PagesOnly, sessions.SessionMiddleware):
    pass


class CsrfViewMiddleware(PagesOnly, csrf.CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return None if is_bare(request) else super().process_view(request, *args, **kwargs)


class AuthenticationMiddleware(PagesOnly, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(PagesOnly, messages.MessageMiddleware):
    pass


class HtmxMiddleware(PagesOnly, django_htmx.middleware.HtmxMiddleware):
    pass


class CSPMiddleware(PagesOnly, csp.middleware.CSPMiddleware):
    pass


class XFrameOptionsMiddleware(PagesOnly, clickjacking.XFrameOptionsMiddleware):
    pass
