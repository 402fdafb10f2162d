"""Patterns of file names: `*` and `?` within a folder, `**/` through folders, `[a-z]`, `{one,two}`."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import re2

from jobs.config.patterns import BadPattern

LONGEST = 1_000
SPECIAL = re.compile(r"[*?\[{\\]")
PIECE = re.compile(
    r"(?P<deep>(?:(?<=/)|^)(?:\*\*/)+)|(?P<star>\*+)|(?P<any>\?)|\\(?P<escaped>.)|(?P<rest>.)", re.DOTALL
)
SET = re.compile(r"\[(?P<not>[!^]?)(?P<members>\]?[^\]/]*)\]")


class FileNames:
    """Sorted names to be asked many times; `scan` hears how many characters each question reads."""

    def __init__(self, names: Iterable[str], scan: Callable[[int], None]) -> None:
        self.names = sorted({name for name in names if "\n" not in name})
        self.known = set(self.names)
        self.scan = scan
        self.answers: dict[str, list[str]] = {}

    def matching(self, pattern: str) -> list[str]:
        """Those that match, in order. Raises BadPattern."""
        if not SPECIAL.search(pattern):
            return [pattern] if pattern in self.known else []
        if pattern not in self.answers:
            self.answers[pattern] = self.search(pattern)
        return self.answers[pattern]

    def search(self, pattern: str) -> list[str]:
        matcher = compiled(pattern)
        prefix = SPECIAL.split(pattern, maxsplit=1)[0]
        first, last = bisect_left(self.names, prefix), bisect_left(self.names, prefix + "\U0010ffff")
        text = "\n".join(self.names[first:last]).encode("utf-8", "surrogateescape")
        self.scan(len(text))
        return [match.group().decode("utf-8", "surrogateescape") for match in matcher.finditer(text)]


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    if len(pattern) > LONGEST:
        raise BadPattern(f"the pattern is longer than {LONGEST} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(f"(?m)^(?:{translated(pattern)})$".encode("utf-8", "surrogateescape"), options)
    except re2.error as error:
        raise BadPattern("its brackets or braces do not match") from error


def translated(pattern: str) -> str:
    """The RE2 source of a glob; `**` counts only as a whole folder, elsewhere it is a `*`."""
    source, position, braces = [], 0, 0
    while position < len(pattern):
        if group := SET.match(pattern, position):
            source.append(character_set(group))
            position = group.end()
            continue
        piece = PIECE.match(pattern, position)
        assert piece is not None
        text, braces = fragment(piece, braces)
        source.append(text)
        position = piece.end()
    return "".join(source)


def fragment(piece: re.Match[str], braces: int) -> tuple[str, int]:
    match piece.lastgroup:
        case "deep":
            return "(?:[^\\n]*/)?", braces
        case "star":
            return "[^/\\n]*", braces
        case "any":
            return "[^/\\n]", braces
        case "escaped":
            return re.escape(piece["escaped"]), braces
    match piece["rest"]:
        case "{":
            return "(?:", braces + 1
        case "}" if braces:
            return ")", braces - 1
        case "," if braces:
            return "|", braces
        case other:
            return re.escape(other), braces


def character_set(group: re.Match[str]) -> str:
    members = group["members"].replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace("^", "\\^")
    return f"[^/\\n{members}]" if group["not"] else f"[{members}]"
