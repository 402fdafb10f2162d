"""Hides secrets in a log without changing its length: a runner counts the bytes it sent (runner.md §6)."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Every kind of token of ours, of the original's, and old registration tokens.
_PREFIX = rb"(?:gl(?:pat|cbt|rt|rtr|ptt|dt|oas|ft|imt|agent|soat|ffct|tok)-|GR1348941)"
_TOKEN = re.compile(rb"(?<![0-9A-Za-z])(" + _PREFIX + rb")([0-9A-Za-z_=.-]+)")
# What a masked secret looks like once it is stored.
_MASKED = re.compile(rb"(?<![0-9A-Za-z])(?:" + _PREFIX + rb"x{4,}|x{55}(?![0-9A-Za-z]))")
_SHOWN = b"[MASKED]"

# No token is longer, so what a patch may have cut in two lies within so many bytes of the seam.
LONGEST = 255


def mask(text: bytes, secrets: Iterable[bytes] = ()) -> bytes:
    """`text` with `secrets` and everything shaped like a token as `x`s, byte for byte.

    A token's prefix stays where only its shape gave it away: its rest, coming with the next patch, is recognised then.
    """
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, b"x" * len(secret))
    return _TOKEN.sub(lambda found: found[1] + b"x" * len(found[2]), text)


def shown(text: bytes) -> bytes:
    """For readers: whatever is still there masked too, and each masked secret as `[MASKED]`."""
    return _MASKED.sub(_SHOWN, mask(text))
