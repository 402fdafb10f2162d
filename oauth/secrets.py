"""The secrets of OAuth: made here, once. What is kept of them is a keyed digest (identity.secrets)."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum
from typing import Any

from identity.credentials.table import Prefix
from identity.secrets import digest, digests, mint

# Consonants without those that are easily confused, so that no code makes a word (RFC 8628, 6.1).
_USER_CODE = "BCDFGHJKLMNPQRSTVWXZ"
_USER_CODE_LENGTH = 8


class OwnPrefix(StrEnum):
    """Of secrets that are no credentials for a request: only the token endpoint takes them."""

    CLIENT_SECRET = "gloas-"
    REFRESH = "glort-"


def new_access_token(request: Any = None) -> str:
    return mint(Prefix.OAUTH)


def new_refresh_token(request: Any = None) -> str:
    return mint(OwnPrefix.REFRESH)


def new_user_code() -> str:
    return "".join(secrets.choice(_USER_CODE) for _ in range(_USER_CODE_LENGTH))


def as_typed(user_code: str) -> str:
    """However it was typed: `bcdf-ghjk` is BCDFGHJK."""
    return "".join(character for character in user_code.upper() if character.isalnum())


def refresh_checksum(secret: str) -> str:
    """What is stored of a refresh token: the toolkit makes a checksum of whatever it looks up, here of the digest."""
    return hashlib.sha256(digest(secret).encode()).hexdigest()


def refresh_checksums(secret: str) -> list[str]:
    """As `refresh_checksum`, under the current key and each former one."""
    return [hashlib.sha256(known.encode()).hexdigest() for known in digests(secret)]
