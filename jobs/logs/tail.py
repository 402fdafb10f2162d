"""Shows a log while it grows: first its end (`snapshot`), then what has been added (`updates_since`). Or, of
a log that is too long, the part that holds one of its lines.

The page keeps its position as a short text, the cursor, and sends it with each request; the server keeps no state. The
cursor points to the beginning of the last line shown, because a runner may send the rest of that line later.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace
from itertools import pairwise

from jobs.logs import line_numbers, parser, storage
from jobs.logs.line_numbers import Position
from jobs.logs.parser import INITIAL_STATE, Line, LogParserState, Section, Span
from jobs.models import Job

# Of a longer log the page shows only the end; Raw has all of it.
MAX_SHOWN_BYTES = 512 * 1024
MAX_PAGE_BYTES = 2 * MAX_SHOWN_BYTES  # of a page that is updated; beyond that it is replaced by a new snapshot
ANNOUNCE_INTERVAL = 10  # seconds between announcements to screen log_parsers
_CURSOR = re.compile(
    r"(\d{1,12})~(\d{1,12})~([01])~(\d{1,9})~(\d{1,9})~([rgyb]?)~(\d{1,9})~(\d{1,12})~([a-z_]{1,32})"
    r"((?:~\d{1,9}:[A-Za-z0-9_.-]{1,128}:\d{1,12}){0,9})\Z"
)


class BadCursor(Exception):
    """The text is no cursor of ours."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of a page in the log.

    `start`: offset of the first byte shown; it is behind `offset` if the page shows only the end of a line. `offset`,
    `state`: where and in which parser state to read on. `replay`: the line at `offset` is on the page already.
    `announced_lines`, `announced_at`: the number of lines at the last announcement, and its time (seconds since the
    epoch). `status`: the job's status as shown.
    """

    start: int = 0
    offset: int = 0
    replay: bool = False
    state: LogParserState = INITIAL_STATE
    announced_lines: int = 0
    announced_at: int = 0
    status: str = ""

    @property
    def lines(self) -> int:
        return self.state.number + self.replay

    def same_position(self, other: Cursor) -> bool:
        """Whether a page at one of them has nothing to learn from the other."""
        return replace(other, announced_lines=self.announced_lines, announced_at=self.announced_at) == self

    def __str__(self) -> str:
        state = self.state
        numbers = f"{self.start}~{self.offset}~{int(self.replay)}~{state.number}~{state.sections}~{state.css}"
        sections = "".join(f"~{number}:{name}:{started}" for number, name, started in state.open)
        return f"{numbers}~{self.announced_lines}~{self.announced_at}~{self.status}{sections}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises BadCursor."""
        match = _CURSOR.match(text) if text.isascii() else None
        if match is None:
            raise BadCursor
        start, offset, replay, number, sections = (int(match[group]) for group in range(1, 6))
        open_sections = [section.split(":") for section in match[10].split("~")[1:]]
        state = LogParserState(
            number, sections, match[6], tuple((int(index), name, int(at)) for index, name, at in open_sections)
        )
        return cls(start, offset, bool(replay), state, int(match[7]), int(match[8]), match[9])


@dataclass(frozen=True)
class LogSnapshot:
    """The end of a log, or a part of it. `is_truncated`: the beginning is missing. `is_part`: so is the end.
    `has_timestamps`: lines have times."""

    section: Section
    cursor: Cursor
    is_truncated: bool = False
    has_timestamps: bool = False
    is_part: bool = False


@dataclass(frozen=True)
class LogUpdate:
    """What was added to a log.

    `open_sections`: sections with new parts (number 0: outside of all sections). `extended_line`: the last line shown,
    if it has become longer. `closed_sections`: those that have ended. `new_lines`: how many to announce, or 0.
    """

    cursor: Cursor
    open_sections: list[Section] = field(default_factory=list)
    extended_line: Line | None = None
    closed_sections: list[Section] = field(default_factory=list)
    new_lines: int = 0


def status_cursor(job: Job) -> Cursor:
    """The cursor of a page that shows the job's status but not the log."""
    return Cursor(status=job.status)


def snapshot(job: Job, line: int | None = None) -> LogSnapshot:
    """The end of the log, at most MAX_SHOWN_BYTES of it; or as much around `line`, if it is not in the end."""
    end = storage.visible_end(job)
    start = storage.tail_offset(job, MAX_SHOWN_BYTES, end)
    if start is None:
        return _end_of_long_line(job, end)
    position = _position_at(job, start)
    if line is not None and line <= position.state.number:
        return _around(job, line, end)
    section, log_parser = _parse(job, position, end)
    cursor = _advance(log_parser, Cursor(start=start, offset=start, state=position.state, status=job.status), end)
    return LogSnapshot(section, _count_as_announced(cursor), start > 0, log_parser.has_timestamps)


def _end_of_long_line(job: Job, end: int) -> LogSnapshot:
    """The end of a line that is longer than all that is shown."""
    start, pieces = storage.end_of_line(job, end)
    position = _position_at(job, start)
    log_parser = parser.LogParser(position.state)
    section = log_parser.feed([(start, pieces[0]), *((end, piece) for piece in pieces[1:])])
    for part in section.parts:
        if isinstance(part, Line):
            part.spans.insert(0, Span("…", "y"))
    cursor = Cursor(end, start, replay=True, state=position.state, status=job.status)
    return LogSnapshot(section, _count_as_announced(cursor), is_truncated=True)


def _around(job: Job, line: int, end: int) -> LogSnapshot:
    position = line_numbers.position_before(job.trace_path, line, end)
    limit = min(end, position.offset + 2 * MAX_SHOWN_BYTES)
    window = storage.tail_offset(job, MAX_SHOWN_BYTES, limit) or limit
    section, log_parser = _parse(job, position, window)
    cursor = Cursor(position.offset, window, state=_position_at(job, end).state, status=job.status)
    return LogSnapshot(section, cursor, position.offset > 0, log_parser.has_timestamps, is_part=True)


def _position_at(job: Job, offset: int) -> Position:
    return line_numbers.position_at(job.trace_path, offset) if offset else Position()


def _parse(job: Job, position: Position, end: int) -> tuple[Section, parser.LogParser]:
    """The lines up to `end`, in the sections that are open at `position`."""
    log_parser = parser.LogParser(position.state)
    section = log_parser.feed(storage.lines(job, position.offset, end))
    for outer, inner in pairwise([section, *log_parser.resumed_sections]):
        outer.parts.insert(0, inner)
    return section, log_parser


def _count_as_announced(cursor: Cursor) -> Cursor:
    return replace(cursor, announced_lines=cursor.lines, announced_at=int(time.time()))


def updates_since(job: Job, cursor: Cursor) -> LogUpdate | None:
    """What was added since `cursor`; None if the page needs a new snapshot: it shows no line, or is too far behind."""
    end = storage.visible_end(job)
    if not cursor.start <= cursor.offset <= end or end - cursor.start > MAX_PAGE_BYTES:
        return None
    log_parser = parser.LogParser(cursor.state)
    log_parser.feed(storage.lines(job, cursor.offset, end))
    after = replace(_advance(log_parser, cursor, end), status=job.status)
    if not cursor.lines and after != cursor:
        return None
    extended = _take_extended_line(log_parser) if cursor.replay else None
    now = int(time.time())
    new = 0
    if after.lines > cursor.announced_lines and (now - cursor.announced_at >= ANNOUNCE_INTERVAL or job.complete):
        new = after.lines - cursor.announced_lines
        after = replace(after, announced_lines=after.lines, announced_at=now)
    open_sections = [section for section in (log_parser.root, *log_parser.resumed_sections) if section.parts]
    return LogUpdate(after, open_sections, extended, log_parser.closed_sections, new)


def _take_extended_line(log_parser: parser.LogParser) -> Line | None:
    """Remove the first line, which the page shows already, from the new parts. Returns it if it has become longer."""
    first = (log_parser.resumed_sections or [log_parser.root])[-1]
    if not first.parts or not isinstance(first.parts[0], Line):
        return None
    line = first.parts.pop(0)
    return line if isinstance(line, Line) and log_parser.first_pieces > 1 else None


def _advance(log_parser: parser.LogParser, cursor: Cursor, end: int) -> Cursor:
    if log_parser.last_at is None:
        return cursor
    if log_parser.plain:
        return replace(cursor, offset=log_parser.last_at, replay=True, state=log_parser.before)
    return replace(cursor, offset=end, replay=False, state=log_parser.state)
