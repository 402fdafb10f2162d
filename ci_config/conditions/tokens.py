"""Splits a condition of `rules:if` into tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from ci_config.errors import quote


class BadExpression(ValueError):
    """The condition is invalid; the text is a clause that says why."""


class Token(NamedTuple):
    kind: str  # variable, string, null, boolean, pattern, operator
    text: str  # a variable's name, a string's content, a pattern with its slashes
    shown: str


TOKEN_PATTERN = re.compile(
    r"""\s*(?:
      \$(?P<variable>[A-Za-z0-9_]+)
    | "(?P<double>[^"]*)"
    | '(?P<single>[^']*)'
    | (?P<null>null)\b
    | (?P<boolean>true|false)\b
    | (?P<operator>==|!=|=~|!~|&&|\|\||\(|\)|!)
    | (?P<pattern>/(?:[^/\\\n]|\\.)+/[a-zA-Z]*)
    )""",
    re.VERBOSE,
)
HINTS = {
    "$": "write variables as $NAME, without braces",
    '"': "a closing quotation mark is missing",
    "'": "a closing quotation mark is missing",
    "/": "a pattern needs a slash at its end, and \\/ for a slash within",
    "=": "compare with == or =~",
    "&": "write && for “and”",
    "|": "write || for “or”",
}


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`. Raises BadExpression at the first invalid character."""
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = TOKEN_PATTERN.match(text, position)
        if match is None:
            raise syntax_error(text[position:].lstrip())
        tokens.append(make_token(match))
        position = match.end()
    if not tokens:
        raise BadExpression("the condition is empty")
    return tokens


def make_token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or ""
    shown = quote(match[0].strip())
    return Token("string" if kind in ("double", "single") else kind, match[kind], shown)


def syntax_error(rest: str) -> BadExpression:
    hint = HINTS.get(rest[0], 'texts stand in quotes, such as "main", and variables begin with $')
    return BadExpression(f"{quote(rest)} cannot be read: {hint}")
