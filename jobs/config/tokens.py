"""The words of a `rules:if` condition."""

from __future__ import annotations

import re
from typing import NamedTuple

from jobs.config.errors import quoted


class BadExpression(ValueError):
    """Says why, as a clause."""


class Token(NamedTuple):
    kind: str  # variable, string, null, pattern, operator
    text: str  # a variable's name, a string's content, a pattern with its slashes
    shown: str


TOKEN = re.compile(
    r"""\s*(?:
      \$(?P<variable>[A-Za-z_]\w*)
    | "(?P<double>[^"]*)"
    | '(?P<single>[^']*)'
    | (?P<null>null)\b
    | (?P<operator>==|!=|=~|!~|&&|\|\||\(|\))
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
    "!": "`!` stands only in != and !~",
    "&": "write && for “and”",
    "|": "write || for “or”",
}


def tokens_of(text: str) -> list[Token]:
    """All of `text`, or BadExpression at the first thing that is no word of the language."""
    tokens, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if match is None:
            raise unreadable(text[position:].lstrip())
        tokens.append(token(match))
        position = match.end()
    if not tokens:
        raise BadExpression("the condition is empty")
    return tokens


def token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or ""
    shown = quoted(match[0].strip())
    return Token("string" if kind in ("double", "single") else kind, match[kind], shown)


def unreadable(rest: str) -> BadExpression:
    hint = HINTS.get(rest[0], 'texts stand in quotes, such as "main", and variables begin with $')
    return BadExpression(f"{quoted(rest)} cannot be read: {hint}")
