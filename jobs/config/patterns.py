"""`/regular expressions/` of people, in RE2: their time grows with the text alone, whatever they are."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

LONGEST = 2_000
SLASHED = re.compile(r"/(?P<body>.*)/(?P<flags>[a-zA-Z]*)", re.DOTALL)
FLAGS = frozenset("ismU")


class BadPattern(ValueError):
    """Says why, as a clause."""


def looks_like_pattern(text: str) -> bool:
    return SLASHED.fullmatch(text) is not None


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
    compiled(source)
    return source


@lru_cache(maxsize=512)
def compiled(source: str) -> Any:
    """A compiled RE2 pattern. Raises BadPattern."""
    if len(source) > LONGEST:
        raise BadPattern(f"the regular expression is longer than {LONGEST} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options)
    except re2.error as error:
        raise BadPattern(f"the regular expression is not valid: {explained(error)}") from error


def explained(error: Exception) -> str:
    cause = error.args[0] if error.args else "unknown"
    text = cause.decode(errors="replace") if isinstance(cause, bytes) else str(cause)
    hint = "; RE2 has no look-ahead, look-behind or back-references"
    return text + (hint if "perl operator" in text or "escape sequence" in text else "")


def found(text: str, slashed: str) -> bool:
    """Whether `/pattern/` occurs in the text."""
    return compiled(source_of(slashed)).search(text) is not None
