"""The values of plain scalars: null, booleans, numbers and text.

GitLab reads CI files with Psych, Ruby's parser of YAML 1.1, and so do we, oddities included: `012` is ten, `12:30` is
45000, `1,000` is a thousand, `:80` is the symbol `80`. Authors rarely mean that, so the loader warns if `as_text` of
the value differs from the text in the file.
"""

from __future__ import annotations

import math
import re

Scalar = str | int | float | bool | None

# Python refuses to convert longer numbers.
MAX_NUMBER_LENGTH = 1_000
# If a short text has line breaks, Psych tests each of its lines.
MAX_WORD_LENGTH = 5
OTHER_WORD = re.compile(r"^[^ytonf~]", re.IGNORECASE | re.MULTILINE)
NULL = re.compile(r"^null$", re.IGNORECASE | re.MULTILINE)
TRUE = re.compile(r"^(yes|true|on)$", re.IGNORECASE | re.MULTILINE)
FALSE = re.compile(r"^(no|false|off)$", re.IGNORECASE | re.MULTILINE)

DATE = re.compile(r"\d{4}-(?:1[012]|0\d|\d)-(?:[12]\d|3[01]|0\d|\d)", re.ASCII)
TIME = re.compile(
    r"-?\d{4}-\d{1,2}-\d{1,2}(?:[Tt]|\s+)\d{1,2}:\d\d:\d\d(?:\.\d*)?(?:\s*(?:Z|[-+]\d{1,2}:?(?:\d\d)?))?", re.ASCII
)
INFINITY = re.compile(r"(?P<sign>[-+]?)\.inf", re.IGNORECASE)
NOT_A_NUMBER = re.compile(r"\.nan", re.IGNORECASE)
SYMBOL = re.compile(r":(?:(?P<quote>[\"'])(?P<quoted>.*)(?P=quote)|(?P<bare>.+))")
SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9]){1,2}(?P<fraction>\.[0-9_]*)?")
LEADING_NUMBER = re.compile(r"[-+]?\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?", re.ASCII)
FLOAT = re.compile(r"[-+]?(?:[0-9][0-9_,]*)?\.[0-9]*(?:[eE][+-][0-9]+)?")
INTEGERS = [
    (re.compile(r"[-+]?0b[01_,]+"), 2),
    (re.compile(r"[-+]?0[0-7_,]+"), 8),
    (re.compile(r"[-+]?(?:0|[1-9](?:[0-9]|,[0-9]|_[0-9])*)"), 10),
    (re.compile(r"[-+]?0x[0-9a-fA-F_,]+"), 16),
]
SEPARATORS = str.maketrans("", "", "_,")


class BadScalar(ValueError):
    """A value that a CI file must not contain; the text is a clause that says why."""


def plain_value(text: str) -> Scalar:
    """The value of an unquoted scalar. Raises BadScalar for dates, times and malformed numbers."""
    if len(text) <= MAX_WORD_LENGTH and not OTHER_WORD.search(text):
        return word(text)
    if "\n" in text:
        return text
    if DATE.fullmatch(text) or TIME.fullmatch(text):
        raise BadScalar("is a date or time, which a CI file cannot hold; put it in quotes to make it text")
    if symbol := SYMBOL.match(text):
        return (symbol["bare"] or symbol["quoted"]).removeprefix(":" if symbol["quote"] else "")
    return number(text)


def word(text: str) -> Scalar:
    if text in ("", "~") or NULL.search(text):
        return None
    if TRUE.search(text):
        return True
    return False if FALSE.search(text) else text


def number(text: str) -> Scalar:
    """The number in `text`, or `text` itself if it is none."""
    if len(text) > MAX_NUMBER_LENGTH:
        return text
    if match := INFINITY.fullmatch(text):
        return -math.inf if match["sign"] == "-" else math.inf
    if NOT_A_NUMBER.fullmatch(text):
        return math.nan
    if match := SEXAGESIMAL.fullmatch(text):
        return sexagesimal(text, float if match["fraction"] is not None else int)
    try:
        if FLOAT.fullmatch(text):
            return text if text.lstrip("+-") == "." else float(text.translate(SEPARATORS))
        for pattern, base in INTEGERS:
            if pattern.fullmatch(text):
                return int(text.translate(SEPARATORS), base)
    except ValueError:
        raise BadScalar("looks like a number, but has no digits; put it in quotes to make it text") from None
    return text


def sexagesimal(text: str, kind: type[int] | type[float]) -> int | float:
    """A number of base 60: `12:30` and `12:30:00` are both twelve and a half hours, in seconds."""
    total: int | float = 0
    for place, part in enumerate(text.split(":")):
        match = LEADING_NUMBER.match(part)
        assert match is not None
        digits = match[0] if kind is float else match[0].partition(".")[0]
        total += kind(digits.replace("_", "")) * 60 ** (2 - place)
    return total


def as_text(value: Scalar) -> str:
    """The value as GitLab writes it into a variable."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, float):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    mantissa, exponent, power = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa or not exponent else '.0'}{exponent}{power}"
