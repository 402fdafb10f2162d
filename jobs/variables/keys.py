"""What a CI variable may be called (runner.md §6)."""

from __future__ import annotations

import re

_KEY = re.compile(r"[A-Za-z0-9_]{1,255}")


def is_variable_key(key: object) -> bool:
    """Whether `key` is a text of 1 to 255 letters, digits and underscores."""
    return isinstance(key, str) and _KEY.fullmatch(key) is not None
