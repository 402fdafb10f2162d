"""The language of a page: what the person chose, else what the browser asks for.

Only pages are translated. What programs read (the API, git, the runner's routes) stays English, also in a browser that
is signed in: clients compare those words.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

_FOR_PROGRAMS = ("/api/", "/access/v1/")
_PAGES = ("/api/schema/ui/",)


class LanguageMiddleware:
    """Sets the language for one page and takes it back: Django's own leaves it set on the thread, where the next
    request may be a program's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if path.startswith(_FOR_PROGRAMS) and not path.startswith(_PAGES):
            return self.get_response(request)
        language = translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ["Accept-Language", "Cookie"])
        return response
