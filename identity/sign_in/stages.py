"""Our own stage in django-allauth's way to a session, behind that of the second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.models import Login
from allauth.account.stages import LoginStage
from django.http import HttpResponse
from django.shortcuts import redirect

from identity.models import User

_PASSWORD = "password"


def login_by_password(user: User, redirect_url: str) -> Login:
    return Login(user=user, redirect_url=redirect_url, state={_PASSWORD: user.get_session_auth_hash()})


class SamePasswordStage(LoginStage):
    """A sign-in that began with a password that was changed since ends, as the sessions do."""

    key = "same_password"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        user: Any = self.login.user
        is_same = self.login.state.get(_PASSWORD, user.get_session_auth_hash()) == user.get_session_auth_hash()
        return (None, True) if is_same else (redirect("sign_in"), False)
