"""Reports mistakes in a CI file with their location, as sentences for its author."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

MAX_MESSAGES = 100
MAX_UNLISTED = 500  # beyond those that are listed
MAX_WARNINGS = 50
MAX_QUOTE = 60


class ConfigError(Exception):
    """The file is invalid.

    `messages`: one sentence per mistake, with line, job and keyword. `warnings`: not mistakes.
    """

    def __init__(self, messages: Sequence[str], warnings: Sequence[str] = ()) -> None:
        super().__init__("\n".join(messages))
        self.messages = list(messages)
        self.warnings = list(warnings)


class Mark(NamedTuple):
    """A line of a file; `file` is empty for the project's own CI file."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Location:
    """A location in the file. `keyword`: a path such as `artifacts:paths`."""

    mark: Mark
    job: str = ""
    keyword: str = ""

    def under(self, key: str, mark: Mark | None = None) -> Location:
        return Location(mark or self.mark, self.job, f"{self.keyword}:{key}" if self.keyword else key)

    def on(self, mark: Mark) -> Location:
        return self if mark == self.mark else Location(mark, self.job, self.keyword)

    def error(self, text: str) -> Invalid:
        """An error to raise. `text`: a clause, or the continuation of a sentence about the value."""
        return Invalid(self.message(text), text)

    def message(self, text: str) -> str:
        where = [self.mark.file, f"line {self.mark.line}"] if self.mark.file else [f"Line {self.mark.line}"]
        if self.job:
            where.append(f"job {quote(self.job)}")
        if self.keyword:
            where.append(f"keyword {quote(self.keyword)}")
        return f"{', '.join(where)}: {' '.join(text.split())}"


class Invalid(Exception):
    """One mistake. Caught by code that can continue without the invalid part. `clause`: it without its location."""

    def __init__(self, message: str, clause: str = "") -> None:
        super().__init__(message)
        self.clause = clause or message


class Abort(Exception):
    """A mistake after which it is useless, or too expensive, to look for more."""


class Problems:
    """Collects mistakes, and warnings about what is valid but probably not meant."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.unlisted = 0
        self.warnings: list[str] = []
        self.redact: Callable[[str], str] = lambda text: text  # of what is kept here

    @contextmanager
    def collect_errors(self) -> Iterator[None]:
        """A context in which a mistake is collected; it ends the block but not the compilation."""
        try:
            yield
        except Invalid as mistake:
            self.add(mistake)

    @property
    def count(self) -> int:
        return len(self.messages) + self.unlisted

    def add(self, mistake: Invalid) -> None:
        if (message := self.redact(str(mistake))) in self.messages:
            return
        if len(self.messages) < MAX_MESSAGES:
            self.messages.append(message)
        else:
            self.unlisted += 1
        if self.unlisted >= MAX_UNLISTED:
            raise Abort("There may be more still; correct these first.")

    def warn(self, at: Location, text: str) -> None:
        """Add a warning. Beyond MAX_WARNINGS they are dropped: nobody reads more, and the file is valid anyway."""
        if len(self.warnings) < MAX_WARNINGS and (warning := self.redact(at.message(text))) not in self.warnings:
            self.warnings.append(warning)

    def raise_if_any(self) -> None:
        """Raise ConfigError if a mistake was collected."""
        if self.messages:
            raise self.config_error()

    def config_error(self, *last: str) -> ConfigError:
        rest = [f"… and {self.unlisted} more mistakes."] if self.unlisted else []
        return ConfigError([*self.messages, *rest, *map(self.redact, last)], self.warnings)


def quote(value: Any) -> str:
    """A value of the file in quotes, shortened, for use in a sentence."""
    text = " ".join(str(value)[: 2 * MAX_QUOTE].split())
    return f"“{text[:MAX_QUOTE]}…”" if len(text) > MAX_QUOTE else f"“{text}”"


def describe(value: Any) -> str:
    """The kind of a value that is invalid at its location: “a list”, “the number 3”."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {str(value)[:MAX_QUOTE]}"
        case str():
            return quote(value) if value else "an empty text"
        case dict():
            return "a map"
        case _:
            return "a list"


def suggestion(name: str, known: Sequence[str]) -> str:
    """`; did you mean “build”?`, or an empty text."""
    close = get_close_matches(name[:80], [word for word in known[:300] if len(word) <= 80], n=1)
    return f"; did you mean {quote(close[0])}?" if close else ""


def comma_list(words: Sequence[str]) -> str:
    return ", ".join(word[:MAX_QUOTE] for word in words)
