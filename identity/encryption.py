"""Secrets that have to be read again (CI variables, a trigger's token for its owner, Terraform states) are kept
encrypted, never plain.

The key comes from the instance's secret: Fernet, that is AES-CBC with a MAC, so that a changed value is noticed. What a
former key encrypted stays readable while that key is among SECRET_KEY_FALLBACKS. tokens.md §7
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class DecryptionError(Exception):
    """It was encrypted with a key this instance no longer has."""


def _fernet(key: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"sealed value " + key.encode()).digest()))


def encrypt(text: str) -> str:
    """Different on each call, so that equal secrets do not look alike."""
    return encrypt_bytes(text.encode()).decode()


def decrypt(ciphertext: str) -> str:
    """Raises DecryptionError."""
    return decrypt_bytes(ciphertext.encode()).decode()


def encrypt_bytes(content: bytes) -> bytes:
    return _fernet(settings.SECRET_KEY).encrypt(content)


def decrypt_bytes(ciphertext: bytes) -> bytes:
    """Raises DecryptionError."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    try:
        return MultiFernet([_fernet(key) for key in keys]).decrypt(ciphertext)
    except InvalidToken:
        raise DecryptionError from None


def reencrypt_bytes(ciphertext: bytes) -> bytes | None:
    """The same under the current key; None if it is that already. Raises DecryptionError."""
    try:
        _fernet(settings.SECRET_KEY).decrypt(ciphertext)
    except InvalidToken:
        return encrypt_bytes(decrypt_bytes(ciphertext))
    return None
