"""allauth's forms that take a passkey's answer, where whatever else is sent is just a wrong answer."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from cryptography.exceptions import InvalidSignature
from django.utils.translation import gettext_lazy as _

# What parsing something made up, and checking a signature that is none, may raise.
_WRONG = (
    ArithmeticError,
    AttributeError,
    InvalidSignature,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


def _judge(check: Callable[[], Any]) -> Any:
    try:
        return check()
    except _WRONG as error:
        raise get_adapter().validation_error("incorrect_code") from error


class AddPasskeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")  # allauth has no Japanese

    def clean(self) -> Any:
        return _judge(super().clean)


class SignInPasskeyForm(AuthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return _judge(super().clean_credential)


class ConfirmationPasskeyForm(ReauthenticateWebAuthnForm):
    def clean_credential(self) -> Any:
        return _judge(super().clean_credential)
