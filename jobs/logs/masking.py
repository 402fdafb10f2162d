"""Masks secrets in logs. Stored logs keep their length, because runners count the bytes they sent (runner.md §6)."""

from __future__ import annotations

import re
from collections.abc import Iterable

# The prefixes of our tokens, of GitLab's, and of its old registration tokens.
_PREFIX = rb"(?:gl(?:pat|cbt|rt|rtr|ptt|dt|oas|ft|imt|agent|soat|ffct|tok|tp)-|GR1348941)"
_TOKEN = re.compile(rb"(?<![0-9A-Za-z])(" + _PREFIX + rb")([0-9A-Za-z_=.-]+)")
# A masked secret in a stored log.
_MASKED_SECRET = re.compile(rb"(?<![0-9A-Za-z])(?:" + _PREFIX + rb"x{4,}|x{55}(?![0-9A-Za-z]))")
_PLACEHOLDER = b"[MASKED]"

# No token is longer, so a token cut in two by a patch lies within so many bytes of its start.
MAX_SECRET_LENGTH = 255


def mask(text: bytes, secrets: Iterable[bytes] = ()) -> bytes:
    """`text` with `secrets` and everything that looks like a token replaced by `x`, byte for byte.

    The prefix of something that only looks like a token is kept, so that the rest is recognized if it arrives with the
    next patch.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, b"x" * len(secret))
    return _TOKEN.sub(lambda match: match[1] + b"x" * len(match[2]), text)


def redact(text: bytes) -> bytes:
    """A stored log as readers may see it: masked once more, and each masked secret shown as `[MASKED]`."""
    return _MASKED_SECRET.sub(_PLACEHOLDER, mask(text))
