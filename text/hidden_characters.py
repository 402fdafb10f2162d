"""Characters that nobody sees and that make the text around them read otherwise, such as U+202E, which turns the rest
of a line round. Marks that letters and emoji are written with (U+200C, U+200D, variation selectors) are none of them.

Source: Unicode Standard Annex #9 (explicit formatting characters), Unicode Technical Report #36.
"""

from __future__ import annotations

import re
from unicodedata import name

_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u115f\u1160\u200b\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0]")
_HIDDEN_BUT_LINES = re.compile(f"(?![\t\n\r]){_HIDDEN.pattern}")


def find_hidden(text: str, *, lines: bool = False) -> str:
    """The first of them, as `U+202E (RIGHT-TO-LEFT OVERRIDE)`; "" if there is none. `lines`: tabs and line ends may be
    in the text."""
    match = (_HIDDEN_BUT_LINES if lines else _HIDDEN).search(text)
    if match is None:
        return ""
    code, words = f"U+{ord(match[0]):04X}", name(match[0], "")
    return f"{code} ({words})" if words else code


def reveal(text: str) -> str:
    """What was stored before such characters were refused, with their codes in their place; lines stay lines."""
    return _HIDDEN_BUT_LINES.sub(lambda match: f"[U+{ord(match[0]):04X}]", text)


def without_hidden(text: str) -> str:
    """For a name that comes from elsewhere, and that nobody here can correct."""
    return _HIDDEN.sub("", text)
