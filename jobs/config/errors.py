"""What is wrong with a file, and where: in sentences a person can act on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

MOST_MESSAGES = 100
MOST_COUNTED = 500  # beyond those that are shown
LONGEST_QUOTE = 60


class ConfigError(Exception):
    """`messages`: one sentence per mistake, each with its line, job and keyword."""

    def __init__(self, messages: Sequence[str]) -> None:
        super().__init__("\n".join(messages))
        self.messages = list(messages)


class Mark(NamedTuple):
    """A line of a file; `file` is empty for the project's own `.gitlab-ci.yml`."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where a reader of keywords stands: `keyword` is a path such as `artifacts:paths`."""

    mark: Mark
    job: str = ""
    keyword: str = ""

    def under(self, key: str, mark: Mark | None = None) -> Place:
        return Place(mark or self.mark, self.job, f"{self.keyword}:{key}" if self.keyword else key)

    def on(self, mark: Mark) -> Place:
        return self if mark == self.mark else Place(mark, self.job, self.keyword)

    def wrong(self, text: str) -> Invalid:
        """To be raised: `text` completes “the value here …”, or is a clause of its own."""
        return Invalid(self.sentence(text))

    def sentence(self, text: str) -> str:
        where = [self.mark.file, f"line {self.mark.line}"] if self.mark.file else [f"Line {self.mark.line}"]
        if self.job:
            where.append(f"job {quoted(self.job)}")
        if self.keyword:
            where.append(f"keyword {quoted(self.keyword)}")
        return f"{', '.join(where)}: {' '.join(text.split())}"


class Invalid(Exception):
    """One mistake; whoever can go on without the wrong part catches it."""


class Stop(Exception):
    """A mistake after which it is no use, or too dear, to look for more."""


class Problems:
    """The mistakes found so far."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.unlisted = 0

    @contextmanager
    def noted(self) -> Iterator[None]:
        """A mistake within ends the block, not the compilation."""
        try:
            yield
        except Invalid as mistake:
            self.add(mistake)

    @property
    def count(self) -> int:
        return len(self.messages) + self.unlisted

    def add(self, mistake: Invalid) -> None:
        if (message := str(mistake)) in self.messages:
            return
        if len(self.messages) < MOST_MESSAGES:
            self.messages.append(message)
        else:
            self.unlisted += 1
        if self.unlisted >= MOST_COUNTED:
            raise Stop("There may be more still; correct these first.")

    def settle(self) -> None:
        """Raise ConfigError if there was a mistake."""
        if self.messages:
            raise self.error()

    def error(self, *last: str) -> ConfigError:
        rest = [f"… and {self.unlisted} more mistakes."] if self.unlisted else []
        return ConfigError([*self.messages, *rest, *last])


def quoted(value: Any) -> str:
    """A value of the file for a sentence, never longer than a line."""
    text = " ".join(str(value)[: 2 * LONGEST_QUOTE].split())
    return f"“{text[:LONGEST_QUOTE]}…”" if len(text) > LONGEST_QUOTE else f"“{text}”"


def described(value: Any) -> str:
    """What kind of value stands where another kind should: “a list”, “the number 3”."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {str(value)[:LONGEST_QUOTE]}"
        case str():
            return quoted(value) if value else "an empty text"
        case dict():
            return "a map"
        case _:
            return "a list"


def suggestion(name: str, known: Sequence[str]) -> str:
    """`; did you mean “build”?`, or nothing."""
    close = get_close_matches(name[:80], [word for word in known[:300] if len(word) <= 80], n=1)
    return f"; did you mean {quoted(close[0])}?" if close else ""


def listed(words: Sequence[str]) -> str:
    return ", ".join(word[:LONGEST_QUOTE] for word in words)
