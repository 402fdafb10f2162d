"""Codes of an authenticator app and recovery codes: each counts once, and wrong ones count as wrong passwords do."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.contrib.auth.signals import user_login_failed
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from identity.encryption import DecryptionError, decrypt, encrypt
from identity.models import User
from identity.sign_in.lockout import lockout_response

_ATTRS = {"autocomplete": "one-time-code", "inputmode": "text", "autocapitalize": "none", "spellcheck": "false"}


def count_failure(request: HttpRequest, user: User) -> None:
    """As a wrong password of that name from that address (axes)."""
    user_login_failed.send(sender=__name__, credentials={"username": user.username}, request=request)


class OncePerCode(forms.Form):
    """Beside allauth's own form, which finds the authenticator."""

    user: User
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code of your authenticator app, or a recovery code")
        self.fields["code"].widget = forms.TextInput(attrs=_ATTRS)

    def clean_code(self) -> str:
        request = context.request
        if not AxesProxyHandler.is_allowed(request, {"username": self.user.username}):
            raise ImmediateHttpResponse(lockout_response(request))
        try:
            code: str = super().clean_code()  # type: ignore[misc]
        except forms.ValidationError:
            count_failure(request, self.user)
            raise
        if self.authenticator.type == Authenticator.Type.TOTP and not claim(self.authenticator, code):
            raise get_adapter().validation_error("incorrect_code")
        return code


class SignInCodeForm(OncePerCode, AuthenticateForm):
    pass


class ConfirmationCodeForm(OncePerCode, ReauthenticateForm):
    pass


class ActivationForm(ActivateTOTPForm):
    """The secret of an app that is being set up waits in the session, which is in the database: encrypted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.pop("user")
        forms.Form.__init__(self, *args, **kwargs)
        self.fields["code"].label = _("Code that the app shows")
        self.fields["code"].widget = forms.TextInput(attrs=_ATTRS)
        self.secret = _pending_secret() if self.is_bound else _new_secret()


def _new_secret() -> str:
    secret = auth.generate_totp_secret()
    context.request.session[auth.SECRET_SESSION_KEY] = encrypt(secret)
    return secret


def _pending_secret() -> str:
    """A new one where none waits: then no code is right."""
    try:
        return decrypt(context.request.session[auth.SECRET_SESSION_KEY])
    except (KeyError, DecryptionError):
        return _new_secret()


@transaction.atomic
def claim(authenticator: Authenticator, code: str) -> bool:
    """Whether this code, of a moment after that of the last one, was used by nobody before; allauth's own note of it
    is within one process."""
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    secret = get_adapter().decrypt(row.data["secret"])
    steps = [
        step
        for step in auth.yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=auth.format_hotp_value(auth.hotp_value(secret, step)))
    ]
    if not steps or steps[-1] <= row.data.get("last_step", -1):
        return False
    row.data["last_step"] = steps[-1]
    row.save(update_fields=["data"])
    return True
