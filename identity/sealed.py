"""Secrets that have to be read again (CI variables, a trigger's token for its owner) are kept encrypted, never plain.

The key comes from the instance's secret: Fernet, that is AES-CBC with a MAC, so that a changed value is noticed. What a
former key sealed stays readable while that key is among SECRET_KEY_FALLBACKS. tokens.md §7
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """It was sealed with a key this instance no longer has."""


def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"sealed value " + key.encode()).digest()))


def seal(text: str) -> str:
    """Different on each call, so that equal secrets do not look alike."""
    return _fernet(settings.SECRET_KEY).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Raises Unreadable."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    try:
        return MultiFernet([_fernet(key) for key in keys]).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None
