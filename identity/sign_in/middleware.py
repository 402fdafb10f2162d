"""Around every page of somebody who is signed in."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from identity.sign_in.sessions import record_session_use
from identity.sign_in.two_factor import is_limited_to_setup

# What a session opens that has yet to get its second factor.
_SETUP = ("/-/user_settings/two_factor", "/users/sign_out", "/assets/")


class SessionUseMiddleware:
    """Among the page middleware (config.middleware), which API and git requests without a session never enter."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            record_session_use(request)
            if is_limited_to_setup(request) and not request.path_info.startswith(_SETUP):
                return redirect("mfa_index")
        return self.get_response(request)
