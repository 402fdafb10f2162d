"""Compiles `/regular expressions/` of CI files with RE2, whose run time is linear in the length of the text."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

MAX_PATTERN_LENGTH = 2_000
SLASHED = re.compile(r"/(?P<body>.*)/(?P<flags>[a-zA-Z]*)", re.DOTALL)
SLASHED_LINE = re.compile(r"^/(?P<body>.*)/(?P<flags>[ismU]*)$", re.MULTILINE)
FLAGS = frozenset("ismU")
TOO_LONG = f"the regular expression is longer than {MAX_PATTERN_LENGTH} characters"


class BadPattern(ValueError):
    """The pattern is invalid; the text is a clause that says why."""


def source_of(text: str) -> str:
    """The RE2 source of `/body/flags`. Raises BadPattern."""
    match = SLASHED.fullmatch(text)
    if match is None or not match["body"]:
        raise BadPattern("a regular expression stands between slashes, such as `/^release-/`")
    if unknown := set(match["flags"]) - FLAGS:
        raise BadPattern(
            f"the flag {''.join(sorted(unknown))} after the regular expression is unknown; use i, s, m or U"
        )
    source = f"(?{match['flags']}){match['body']}" if match["flags"] else match["body"]
    compile_pattern(source)
    return source


def looks_like_pattern(text: str) -> bool:
    return SLASHED_LINE.search(text) is not None


def source_within(text: str) -> str | None:
    """The RE2 source of a value that is `/body/flags`, or has such a line; None for other text.

    Raises BadPattern only if it is too long.
    """
    match = SLASHED_LINE.search(text)
    if match is None:
        return None
    source = f"(?{match['flags']}){match['body']}" if match["flags"] else match["body"]
    if len(source) > MAX_PATTERN_LENGTH:
        raise BadPattern(TOO_LONG)
    try:
        compile_pattern(source)
    except BadPattern:
        return None
    return source


@lru_cache(maxsize=512)
def compile_pattern(source: str) -> Any:
    """Compile RE2 source. Raises BadPattern."""
    if len(source) > MAX_PATTERN_LENGTH:
        raise BadPattern(TOO_LONG)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error as error:
        raise BadPattern(f"the regular expression is not valid: {explanation(error)}") from error


def explanation(error: Exception) -> str:
    cause = error.args[0] if error.args else "unknown"
    text = cause.decode(errors="replace") if isinstance(cause, bytes) else str(cause)
    hint = "; RE2 has no look-ahead, look-behind or back-references"
    return text + (hint if "perl operator" in text or "escape sequence" in text else "")


def contains_match(text: str, slashed: str) -> bool:
    """Whether the text contains a match of `/pattern/`."""
    return compile_pattern(source_of(slashed)).search(text) is not None
