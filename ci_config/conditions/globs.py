"""Matches file names against patterns as GitLab does.

`changes` and `exists` follow Ruby's `File.fnmatch`: `*`, `?` and `[a-z]` within a folder, `**/` across folders,
`{one,two}`. `include` knows only `*` within a folder and `**` across folders. There `**/` matches any number of
folders, including none; in GitLab it matches at least one, so `include` warns about the difference.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import re2

from ci_config.conditions.patterns import BadPattern

MAX_PATTERN_LENGTH = 1_000
MAX_ALTERNATIVES = 200  # from the braces of one pattern
SPECIAL = re.compile(r"[*?\[{\\]")
PIECE = re.compile(
    r"(?P<deep>(?:(?<=/)|^)(?:\*\*/)+)|(?P<star>\*+)|(?P<any>\?)|(?P<set>\[)|\\(?P<escaped>.?)|(?P<rest>.)", re.DOTALL
)
MEMBER = re.compile(r"(?:\\(?=.))?(?P<low>.)(?:-(?!\])(?:\\(?=.))?(?P<high>.))?", re.DOTALL)
WILDCARD = re.compile(r"(?P<folders>(?:(?<=/)|^)(?:\*\*/)+)|(?P<deep>\*\*)|(?P<star>\*)|(?P<rest>.)", re.DOTALL)
NEVER = r"[^\x00-\x{10ffff}]"


class FileNames:
    """Sorted file names to search many times. `scan` is called with the number of characters that each search reads."""

    def __init__(self, names: Iterable[str], scan: Callable[[int], None]) -> None:
        self.names = sorted({name for name in names if "\n" not in name})
        self.name_set = set(self.names)
        self.scan = scan
        self.matches: dict[tuple[str, Any], list[str]] = {}

    def match(self, pattern: str, translate: Callable[[str], str] | None = None) -> list[str]:
        """The matching names in order.

        `translate`: turns the pattern into RE2 source, by default as a glob. Raises BadPattern.
        """
        if not SPECIAL.search(pattern):
            return [pattern] if pattern in self.name_set else []
        if (pattern, translate) not in self.matches:
            self.matches[pattern, translate] = self.search(pattern, translate or glob_source)
        return self.matches[pattern, translate]

    def search(self, pattern: str, translate: Callable[[str], str]) -> list[str]:
        matcher = compile_glob(pattern, translate)
        prefix = SPECIAL.split(pattern, maxsplit=1)[0]
        first, last = bisect_left(self.names, prefix), bisect_left(self.names, prefix + "\U0010ffff")
        text = "\n".join(self.names[first:last]).encode("utf-8", "surrogateescape")
        self.scan(len(text))
        return [match.group().decode("utf-8", "surrogateescape") for match in matcher.finditer(text) if match.group()]


@lru_cache(maxsize=512)
def compile_glob(pattern: str, translate: Callable[[str], str]) -> Any:
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise BadPattern(f"the pattern is longer than {MAX_PATTERN_LENGTH} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(f"(?m)^(?:{translate(pattern)})$".encode("utf-8", "surrogateescape"), options)
    except re2.error as error:
        raise BadPattern("the pattern is too complicated") from error


def wildcard_source(pattern: str, folders: str = "(?:[^\\n]*/)?") -> str:
    """The RE2 source of a path with wildcards in `include`."""
    sources = {"folders": folders, "deep": "[^\\n]*", "star": "[^/\\n]*"}
    return "".join(
        sources.get(piece.lastgroup or "") or re.escape(piece["rest"]) for piece in WILDCARD.finditer(pattern)
    )


def strict_wildcard_source(pattern: str) -> str:
    """The same as GitLab understands it: `**/` matches one folder or more."""
    return wildcard_source(pattern, folders="[^\\n]*/")


def glob_source(pattern: str) -> str:
    """The RE2 source of a glob. A glob with an unclosed brace or bracket matches nothing."""
    return "|".join(alternative_source(each) for each in alternatives(pattern)) or NEVER


@lru_cache(maxsize=512)
def is_unclosed(pattern: str) -> bool:
    return len(pattern) <= MAX_PATTERN_LENGTH and NEVER in glob_source(pattern)


def alternatives(pattern: str) -> list[str]:
    """The globs that a pattern with braces stands for.

    As in Ruby, braces are expanded first, and an unclosed one matches nothing.
    """
    globs: list[str] = []
    waiting = [pattern]
    while waiting:
        if len(globs) + len(waiting) > MAX_ALTERNATIVES:
            raise BadPattern(f"its braces stand for more than {MAX_ALTERNATIVES} patterns")
        text = waiting.pop()
        first, last = first_braces(text)
        if first is None:
            globs.append(text)
        elif last is not None:
            waiting += [
                text[:first] + choice + text[last + 1 :] for choice in reversed(choices(text[first + 1 : last]))
            ]
    return globs


def first_braces(text: str) -> tuple[int | None, int | None]:
    """The positions of the first opening brace and of its closing one."""
    first, depth = None, 0
    for position, character in unescape(text):
        if character == "{":
            first = position if depth == 0 else first
            depth += 1
        elif character == "}" and first is not None:
            depth -= 1
            if depth == 0:
                return first, position
    return first, None


def choices(text: str) -> list[str]:
    """The alternatives between braces, split at commas that are not within inner braces."""
    parts, start, depth = [], 0, 0
    for position, character in unescape(text):
        if character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
        depth += {"{": 1, "}": -1}.get(character, 0)
    return [*parts, text[start:]]


def unescape(text: str) -> Iterable[tuple[int, str]]:
    position = 0
    while position < len(text):
        if text[position] == "\\":
            position += 2
            continue
        yield position, text[position]
        position += 1


def alternative_source(pattern: str) -> str:
    """The RE2 source of a glob without braces.

    `**` counts only as a whole folder name; elsewhere it is the same as `*`.
    """
    source, position = [], 0
    while position < len(pattern):
        piece = PIECE.match(pattern, position)
        assert piece is not None
        position = piece.end()
        if piece["set"]:
            text, position = character_set(pattern, position)
            source.append(text)
        else:
            source.append(SOURCES.get(piece.lastgroup or "") or re.escape(piece["escaped"] or piece["rest"] or ""))
    return "".join(source)


SOURCES = {"deep": "(?:[^\\n]*/)?", "star": "[^/\\n]*", "any": "[^/\\n]"}


def character_set(pattern: str, position: int) -> tuple[str, int]:
    """The RE2 source of `[…]`, whose first character is at `position`, and the position after it."""
    inverted = pattern[position : position + 1] in ("!", "^")
    position += inverted
    members = []
    while pattern[position : position + 1] != "]":
        member = MEMBER.match(pattern, position)
        if member is None:
            return NEVER, len(pattern)
        members.append((member["low"], member["high"] or member["low"]))
        position = member.end()
    source = "".join(range_source(low, high) for low, high in members)
    if inverted:
        return f"[^/\\n{source}]", position + 1
    return (f"[{source}]" if source else NEVER), position + 1


def range_source(low: str, high: str) -> str:
    """The RE2 source of a range, without the slash, which no set matches. The ends may be in either order."""
    if low > high:
        return range_source(low, low) + range_source(high, high)
    parts = [(low, min(high, ".")), (max(low, "0"), high)] if low <= "/" <= high else [(low, high)]
    return "".join(f"{code(first)}-{code(last)}" for first, last in parts if first <= last)


def code(character: str) -> str:
    return f"\\x{{{ord(character):x}}}"
