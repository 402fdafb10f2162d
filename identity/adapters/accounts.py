"""Our part in django-allauth's way from a right password, or another house's word, to a session."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from identity.models import User
from identity.sign_in.recency import is_recent

REMEMBER = "remember_device"
TWO_WEEKS = 14 * 86400
_SILENT = (
    "account/messages/logged_in.txt",
    "account/messages/logged_out.txt",
    "mfa/messages/recovery_codes_generated.txt",
)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage", "identity.sign_in.stages.SamePasswordStage"]

    def pre_login(self, request: HttpRequest, user: User, **hints: Any) -> HttpResponse | None:
        if user.is_bot:
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        response: HttpResponse | None = super().pre_login(request, user, **hints)
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """With the choice that was made beside the password: 0 is until the browser is closed."""
        remember = request.session.pop(REMEMBER, False)
        login(request, user, backend="identity.backends.PasswordBackend")
        request.session.set_expiry(TWO_WEEKS if remember else 0)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        messages.error(request, _("Your account has been blocked. An administrator can unblock it."))
        return redirect("sign_in")

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Of its own views; `confirms_identity` asked before they were reached."""
        return not is_recent(self.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """None of allauth's pages for it: `confirms_identity` is in their place."""
        return []

    def add_message(
        self, request: HttpRequest, level: int, message_template: Any = None, *args: Any, **more: Any
    ) -> None:
        if message_template not in _SILENT:
            super().add_message(request, level, message_template, *args, **more)

    def get_client_ip(self, request: HttpRequest) -> str:
        """As everywhere: behind a proxy the server has put its client's address here."""
        return request.META.get("REMOTE_ADDR") or "127.0.0.1"
