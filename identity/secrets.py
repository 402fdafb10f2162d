"""Secrets are born here, once: `mint` returns the only plain copy, the database keeps a keyed digest.

A token is a prefix that names its kind, 32 random bytes in base 62, and a checksum of six characters. The checksum lets
a mistyped or made-up value be refused without asking the database. tokens.md §1 and §7.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import zlib
from functools import lru_cache

from django.conf import settings

from text.encoding import BASE_62, encode_number

_BODY = 43  # base-62 digits that hold 32 bytes
_CHECK = 6
MAX_LENGTH = 255  # a longer value is no token of ours and is not even digested


_PAIRS = [first + second for first in BASE_62 for second in BASE_62]


def _checksum(text: str) -> str:
    """As `encode_number` writes it, two digits at a time: each request with a token comes by here."""
    rest, last = divmod(zlib.crc32(text.encode()), len(_PAIRS))
    first, middle = divmod(rest, len(_PAIRS))
    return _PAIRS[first] + _PAIRS[middle] + _PAIRS[last]


def mint(prefix: str) -> str:
    """A new token, e.g. `glcbt-…` followed by 49 characters of `[0-9A-Za-z]`."""
    body = prefix + encode_number(int.from_bytes(secrets.token_bytes(32)), BASE_62, _BODY)
    return body + _checksum(body)


def is_well_formed(token: str, prefix: str) -> bool:
    """Whether `token` could be one that `mint(prefix)` made."""
    if len(token) != len(prefix) + _BODY + _CHECK or not token.startswith(prefix) or not token.isascii():
        return False
    return hmac.compare_digest(_checksum(token[:-_CHECK]), token[-_CHECK:])


@lru_cache(maxsize=8)
def _keyed_hash(key: str) -> hmac.HMAC:
    """To be copied: taking the key in costs more than digesting a token."""
    return hmac.new(hashlib.sha256(b"token digest " + key.encode()).digest(), digestmod="sha256")


def digest(token: str) -> str:
    """What is stored and looked up: 64 hex characters, keyed with the instance's secret."""
    return digests(token)[0]


def digests(token: str) -> list[str]:
    """The digest under the current key and under each former one, so that a key can be changed."""
    made = []
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        keyed = _keyed_hash(key).copy()
        keyed.update(token.encode())
        made.append(keyed.hexdigest())
    return made
