"""A log as a page shows it: sections with their durations, lines with their colours (runner.md §3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.log_colours import css_of

# `2026-11-20T09:16:26.123456Z 00O ` and, with `+` at its end, the rest of the line before.
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{2}[OE]([ +])")
_SECTION = re.compile(
    r"section_(start|end):(\d{1,12}):([A-Za-z0-9_.-]{1,128})((?:\[[^\]\r\n]{0,200}\])?)\r(?:\x1b\[0K)?"
)
SEQUENCE = re.compile(r"\x1b\[[<=>?]?([0-9;:]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
_TIME = slice(len("2026-11-20T"), len("2026-11-20T09:16:26"))
_MASKED = "[MASKED]"
_INK, _PAPER = 38, 48  # a colour of many follows
_COLOURS = {31: "r", 32: "g", 33: "y", 34: "b", 35: "b", 36: "b", 91: "r", 92: "g", 93: "y", 94: "b", 95: "b", 96: "b"}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line. `css` is "", or r g y b; `masked` stands for a hidden value."""

    text: str
    css: str = ""
    masked: bool = False


@dataclass(slots=True)
class Line:
    """`time`: when its last piece was written, as 09:16:26 (UTC); "" in a log without time stamps."""

    number: int
    spans: list[Span]
    time: str = ""
    is_section: bool = False


@dataclass(slots=True)
class Section:
    """`seconds` is None while it goes on. `parts` are lines and inner sections in their order. `number`: the how
    manieth of the log."""

    name: str
    number: int = 0
    title: str = ""
    started: int = 0
    seconds: int | None = None
    collapsed: bool = False
    parts: list[Line | Section] = field(default_factory=list)
    is_section: bool = True


@dataclass(frozen=True, slots=True)
class State:
    """Where a reader stands between two lines. `open`: (number, name, started) of the open sections, outer first."""

    number: int = 0
    sections: int = 0
    css: str = ""
    open: tuple[tuple[int, str, int], ...] = ()


BEGINNING = State()


class Reader:
    """Goes through a log once, with the open sections as a stack.

    `root` and `resumed` are what it was given to go on with, outermost first; `closed` are those of them that have
    ended since. Of the last line it knows where it began (`last_at`), what stood before it (`before`), whether it was a
    line and nothing else (`plain`), and of the first one in how many pieces it came. `stamped`: a line had a time.
    """

    def __init__(self, state: State = BEGINNING) -> None:
        self.root = Section("")
        self.resumed = [Section(name, number=number, started=at) for number, name, at in state.open]
        self.closed: list[Section] = []
        self.open = [self.root, *self.resumed]
        self.number = state.number
        self.sections = state.sections
        self.css = state.css
        self.before = state
        self.last_at: int | None = None
        self.plain = False
        self.first_pieces = 0
        self.stamped = False

    @property
    def state(self) -> State:
        still = tuple((section.number, section.name, section.started) for section in self.open[1:])
        return State(self.number, self.sections, self.css, still)

    def read(self, lines: Iterable[tuple[int, str]]) -> Section:
        """`lines`: each with the place in the log where it begins."""
        for whole in _joined(lines):
            if self.last_at is None:
                self.first_pieces = whole.pieces
            self.last_at, self.before = whole.at, self.state
            self.stamped = self.stamped or bool(whole.time)
            self._line(whole.text, whole.time)
        return self.root

    def _line(self, line: str, time: str) -> None:
        position, title_of = 0, None
        rest = ""
        for found in _SECTION.finditer(line):
            rest += line[position : found.start()]
            position = found.end()
            if found[1] == "start":
                title_of = self._begin(found[3], int(found[2]), found[4])
            else:
                self._end(found[3], int(found[2]))
        rest = _overwritten(rest + line[position:])
        spans = self._spans(rest)
        self.plain = position == 0
        if title_of is not None:
            title_of.title = "".join(span.text for span in spans).strip()
        elif self.plain or rest:
            self.number += 1
            self.open[-1].parts.append(Line(self.number, spans, time))

    def _begin(self, name: str, at: int, options: str) -> Section:
        self.sections += 1
        section = Section(name, number=self.sections, started=at, collapsed="collapsed=true" in options)
        self.open[-1].parts.append(section)
        if len(self.open) < 10:
            self.open.append(section)
        return section

    def _end(self, name: str, at: int) -> None:
        """Closes the innermost of that name with all inside it; an end without a start is nothing."""
        if any(section.name == name for section in self.open[1:]):
            while (section := self.open.pop()).name != name:
                pass
            section.seconds = max(0, at - section.started)
            if any(section is one for one in self.resumed):
                self.closed.append(section)

    def _spans(self, line: str) -> list[Span]:
        spans: list[Span] = []
        position = 0
        for found in SEQUENCE.finditer(line):
            spans += _masked(line[position : found.start()], self.css)
            position = found.end()
            if found[2] == "m":
                self._colour(found[1])
        return [*spans, *_masked(line[position:], self.css)]

    def _colour(self, codes: str) -> None:
        numbers = iter([int(code) if code and len(code) < 4 else 0 for code in codes.replace(":", ";").split(";")])
        for number in numbers:
            if number == _INK:
                self.css = css_of(numbers)
            elif number == _PAPER:
                css_of(numbers)  # its numbers are no codes of their own
            elif number in (0, 39):
                self.css = ""
            elif number in _COLOURS:
                self.css = _COLOURS[number]


class _Whole(NamedTuple):
    """A whole line: where it begins, of how many pieces it is, when the last of them was written."""

    at: int
    pieces: int
    text: str
    time: str


def _joined(lines: Iterable[tuple[int, str]]) -> Iterator[_Whole]:
    """Without the runner's time stamps, pieces of one line joined."""
    begun: _Whole | None = None
    for at, raw in lines:
        found = STAMP.match(raw)
        line, time = (raw[found.end() :], raw[_TIME]) if found else (raw, "")
        if found and found[1] == "+" and begun is not None:
            begun = _Whole(begun.at, begun.pieces + 1, begun.text + line, time)
            continue
        if begun is not None:
            yield begun
        begun = _Whole(at, 1, line, time)
    if begun is not None:
        yield begun


def _overwritten(line: str) -> str:
    """What a terminal would show: a carriage return begins the line anew."""
    return next((part for part in reversed(line.split("\r")) if part), "")


def _masked(text: str, css: str) -> list[Span]:
    pieces = text.split(_MASKED)
    spans: list[Span] = []
    for index, piece in enumerate(pieces):
        if index:
            spans.append(Span(_MASKED, masked=True))
        if piece:
            spans.append(Span("".join(c for c in piece if c.isprintable() or c == "\t"), css))
    return spans


def parse(log: bytes) -> Section:
    """The whole log as one section without a name."""
    text = log.decode(errors="replace")
    return Reader().read((0, line) for line in (text.removesuffix("\n").split("\n") if text else ()))


def line_count(section: Section) -> int:
    return sum(line_count(part) if isinstance(part, Section) else 1 for part in section.parts)
