"""The middleware that only pages need, left out where a request can have no use for it.

An API or git request without a session cookie needs no session, CSRF token, message or page policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.module_loading import import_string

# Below these everything is a page: the API's own, and the administration, which answers for any address of its own.
PAGES = ("/api/schema/", "/admin/")
# The very ends that lead to git (resources.repositories.urls). A file in a folder called `x.git` is shown on a page.
REGISTRY_TOKEN = "/jwt/auth"
AUTHZEN = "/access/v1/"
SSH = "/-/ssh/"  # what the SSH server asks (resources.repositories.ssh)
GIT = (".git/info/refs", ".git/git-upload-pack", ".git/git-receive-pack")
# Those of git-lfs (resources.lfs.urls).
_LFS = re.compile(
    r"\.git/(?:info/lfs/(?:objects/batch|verify|locks|locks/verify|locks/[^/]+/unlock)"
    r"|gitlab-lfs/objects/[^/]+(?:/[^/]+)?)\Z"
)

Handler = Callable[[HttpRequest], HttpResponseBase]


def is_git(path: str) -> bool:
    """Whether git or git-lfs asks for it."""
    return path.endswith(GIT) or (".git/" in path and _LFS.search(path) is not None)


def skips_page_middleware(request: HttpRequest) -> bool:
    """Whether the request speaks for itself: an API or git address or the registry's, and no session cookie."""
    if "HTTP_COOKIE" in request.META and settings.SESSION_COOKIE_NAME in request.COOKIES:
        return False
    path = request.path_info
    ours = path.startswith(("/api/", AUTHZEN, SSH)) or is_git(path) or path == REGISTRY_TOKEN
    return ours and not path.startswith(PAGES)


class PageMiddleware:
    """Everything in `settings.PAGE_MIDDLEWARE`, in that order, or nothing of it. Of their hooks Django would call,
    `process_view` is passed on; that none of them has another is checked at the start."""

    def __init__(self, get_response: Handler) -> None:
        self.bare = self.pages = get_response
        self.view_hooks: list[Callable[..., HttpResponseBase | None]] = []
        for name in reversed(settings.PAGE_MIDDLEWARE):
            middleware = import_string(name)(self.pages)
            unserved = [
                hook for hook in ("process_exception", "process_template_response") if hasattr(middleware, hook)
            ]
            if unserved:
                raise TypeError(f"{name} has {unserved[0]}, which {type(self).__name__} does not pass on.")
            if hasattr(middleware, "process_view"):
                self.view_hooks.insert(0, middleware.process_view)
            self.pages = cast(Handler, convert_exception_to_response(middleware))

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if skips_page_middleware(request):
            return self.bare(request)
        request.__dict__["page_view_hooks"] = self.view_hooks
        return self.pages(request)

    def process_view(self, request: HttpRequest, *args: Any) -> HttpResponseBase | None:
        """The first answer of one of them, as Django has it; none where they were left out."""
        hooks = request.__dict__.get("page_view_hooks")
        if hooks is None:
            return None
        answers = (hook(request, *args) for hook in hooks)
        return next((answer for answer in answers if answer is not None), None)
