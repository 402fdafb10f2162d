"""What a plain word in YAML means: nothing, true or false, a number, or text. Dates and times stay text."""

from __future__ import annotations

import math
import re

WORDS: dict[str, bool | None] = {
    **dict.fromkeys(["", "~", "null"], None),
    **dict.fromkeys(["true", "yes", "on"], True),
    **dict.fromkeys(["false", "no", "off"], False),
}
DECIMAL = re.compile(r"[-+]?(0|[1-9][\d_]{0,30})")
OCTAL = re.compile(r"([-+]?)0o?([0-7_]{1,30})")
HEXADECIMAL = re.compile(r"[-+]?0x[\da-fA-F_]{1,30}")
FLOAT = re.compile(r"[-+]?(\d[\d_]{0,30})?\.?\d{1,30}([eE][-+]?\d{1,3})?|[-+]?\d{1,30}\.(\d{1,30})?")


def plain(text: str) -> str | int | float | bool | None:
    """The value of a word without quotes, by the rules of YAML 1.1."""
    if text.lower() in WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        return WORDS[text.lower()]
    if DECIMAL.fullmatch(text):
        return int(text.replace("_", ""))
    if match := OCTAL.fullmatch(text):
        return int(match[1] + (match[2].replace("_", "") or "0"), 8)
    if HEXADECIMAL.fullmatch(text):
        return int(text.replace("_", ""), 16)
    if FLOAT.fullmatch(text) and math.isfinite(number := float(text.replace("_", ""))):
        return number
    return text
