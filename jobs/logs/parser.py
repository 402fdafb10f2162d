"""Parses a log into sections with their durations and lines with their colours (runner.md §3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from jobs.logs.colours import css_of

# `2026-11-20T09:16:26.123456Z 00O `; with `+` at its end the text continues the previous line.
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{2}[OE]([ +])")
_SECTION = re.compile(
    r"section_(start|end):(\d{1,12}):([A-Za-z0-9_.-]{1,128})((?:\[[^\]\r\n]{0,200}\])?)\r(?:\x1b\[0K)?"
)
SEQUENCE = re.compile(r"\x1b\[[<=>?]?([0-9;:]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
_TIME = slice(len("2026-11-20T"), len("2026-11-20T09:16:26"))
_MASKED = "[MASKED]"
_FOREGROUND, _BACKGROUND = 38, 48  # a palette or RGB colour follows
_COLOURS = {31: "r", 32: "g", 33: "y", 34: "b", 35: "b", 36: "b", 91: "r", 92: "g", 93: "y", 94: "b", 95: "b", 96: "b"}


class Span(NamedTuple):
    """A piece of a line. `css`: "", or one of r g y b. `masked`: the piece stands for a masked secret."""

    text: str
    css: str = ""
    masked: bool = False


@dataclass(slots=True)
class Line:
    """`number`: from 1. `time`: when its last piece was written, as 09:16:26 (UTC); "" in a log without timestamps."""

    number: int
    spans: list[Span]
    time: str = ""
    is_section: bool = False


@dataclass(slots=True)
class Section:
    """`number`: 1-based position of the section in the log; 0 for the whole log. `started_at`: seconds since the epoch.

    `seconds`: its duration, None while it is open. `parts`: lines and inner sections in order.
    """

    name: str
    number: int = 0
    title: str = ""
    started_at: int = 0
    seconds: int | None = None
    collapsed: bool = False
    parts: list[Line | Section] = field(default_factory=list)
    is_section: bool = True


class LogParserState(NamedTuple):
    """The parser's state between two lines: the last numbers of lines and sections, the current colour, and the open
    sections as (number, name, started_at), outermost first."""

    number: int = 0
    sections: int = 0
    css: str = ""
    open: tuple[tuple[int, str, int], ...] = ()


INITIAL_STATE = LogParserState()


class LogParser:
    """Parses a log from its beginning, or from where the state of an earlier parser ends.

    `root`: the log as a section without a name. `resumed_sections`: those that were open in the given state, outermost
    first; `closed_sections`: those of them that have ended since. `first_pieces`: the number of pieces of the first
    line. `last_at`, `before`, `plain`: offset of the last line, the state before it, and whether it had no section
    marker. `has_timestamps`: a line had one.
    """

    def __init__(self, state: LogParserState = INITIAL_STATE) -> None:
        self.root = Section("")
        self.resumed_sections = [Section(name, number=number, started_at=at) for number, name, at in state.open]
        self.closed_sections: list[Section] = []
        self.open = [self.root, *self.resumed_sections]
        self.number = state.number
        self.sections = state.sections
        self.css = state.css
        self.before = state
        self.last_at: int | None = None
        self.plain = False
        self.first_pieces = 0
        self.has_timestamps = False

    @property
    def state(self) -> LogParserState:
        inner = self.open[1:]
        open_sections = tuple((one.number, one.name, one.started_at) for one in inner) if inner else ()
        return LogParserState(self.number, self.sections, self.css, open_sections)

    def feed(self, lines: Iterable[tuple[int, str]]) -> Section:
        """Parse `lines`, pairs of offset and text. Returns the root section."""
        for whole in _join_pieces(lines):
            if self.last_at is None:
                self.first_pieces = whole.pieces
            self.last_at, self.before = whole.at, self.state
            self.has_timestamps = self.has_timestamps or bool(whole.time)
            if "\r" in whole.text or "\x1b" in whole.text:
                self._line(whole.text, whole.time)
            else:  # most lines: neither markers nor colours
                self.plain = True
                self.number += 1
                self.open[-1].parts.append(Line(self.number, _split_masked(whole.text, self.css), whole.time))
        return self.root

    def _line(self, line: str, time: str) -> None:
        position, title_of = 0, None
        rest = ""
        for marker in _SECTION.finditer(line):
            rest += line[position : marker.start()]
            position = marker.end()
            if marker[1] == "start":
                title_of = self._begin(marker[3], int(marker[2]), marker[4])
            else:
                self._end(marker[3], int(marker[2]))
        rest = _apply_carriage_returns(rest + line[position:])
        spans = self._spans(rest)
        self.plain = position == 0
        if title_of is not None:
            title_of.title = "".join(span.text for span in spans).strip()
        elif self.plain or rest:
            self.number += 1
            self.open[-1].parts.append(Line(self.number, spans, time))

    def _begin(self, name: str, at: int, options: str) -> Section:
        self.sections += 1
        section = Section(name, number=self.sections, started_at=at, collapsed="collapsed=true" in options)
        self.open[-1].parts.append(section)
        if len(self.open) < 10:
            self.open.append(section)
        return section

    def _end(self, name: str, at: int) -> None:
        """Close the innermost section of that name, with all sections in it. An end without a start is ignored."""
        if any(section.name == name for section in self.open[1:]):
            while (section := self.open.pop()).name != name:
                pass
            section.seconds = max(0, at - section.started_at)
            if any(section is one for one in self.resumed_sections):
                self.closed_sections.append(section)

    def _spans(self, line: str) -> list[Span]:
        spans: list[Span] = []
        position = 0
        for sequence in SEQUENCE.finditer(line):
            spans += _split_masked(line[position : sequence.start()], self.css)
            position = sequence.end()
            if sequence[2] == "m":
                self._colour(sequence[1])
        return [*spans, *_split_masked(line[position:], self.css)]

    def _colour(self, codes: str) -> None:
        numbers = iter([int(code) if code and len(code) < 4 else 0 for code in codes.replace(":", ";").split(";")])
        for number in numbers:
            if number == _FOREGROUND:
                self.css = css_of(numbers)
            elif number == _BACKGROUND:
                css_of(numbers)  # skip its numbers, they are no codes of their own
            elif number in (0, 39):
                self.css = ""
            elif number in _COLOURS:
                self.css = _COLOURS[number]


class _WholeLine(NamedTuple):
    """A line whose pieces are joined. `at`: offset where it begins. `time`: of the last piece."""

    at: int
    pieces: int
    text: str
    time: str


def _join_pieces(lines: Iterable[tuple[int, str]]) -> Iterator[_WholeLine]:
    """Remove the runner's timestamps, and join the pieces of each line."""
    unfinished: _WholeLine | None = None
    for at, raw in lines:
        stamp = STAMP.match(raw)
        line, time = (raw[stamp.end() :], raw[_TIME]) if stamp else (raw, "")
        if stamp and stamp[1] == "+" and unfinished is not None:
            unfinished = _WholeLine(unfinished.at, unfinished.pieces + 1, unfinished.text + line, time)
            continue
        if unfinished is not None:
            yield unfinished
        unfinished = _WholeLine(at, 1, line, time)
    if unfinished is not None:
        yield unfinished


def _apply_carriage_returns(line: str) -> str:
    """What a terminal shows: after a carriage return the line is written again from its start."""
    return next((part for part in reversed(line.split("\r")) if part), "")


def _split_masked(text: str, css: str) -> list[Span]:
    if _MASKED not in text:
        return [Span(_printable(text), css)] if text else []
    pieces = text.split(_MASKED)
    spans: list[Span] = []
    for index, piece in enumerate(pieces):
        if index:
            spans.append(Span(_MASKED, masked=True))
        if piece:
            spans.append(Span(_printable(piece), css))
    return spans


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c for c in text if c.isprintable() or c == "\t")


def parse(log: bytes) -> Section:
    """Parse a whole log into a section without a name."""
    text = log.decode(errors="replace")
    return LogParser().feed((0, line) for line in (text.removesuffix("\n").split("\n") if text else ()))


def line_count(section: Section) -> int:
    return sum(line_count(part) if isinstance(part, Section) else 1 for part in section.parts)
