"""A log that is watched while it grows: what a page shows at first, and what has come since.

A page remembers where it stands as a short text, the cursor, and brings it along each time; nothing is kept here. The
cursor points to the beginning of the last line shown: a runner may send the rest of it with the next piece.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field, replace

from jobs import log_lines, trace
from jobs.log_lines import BEGINNING, Line, Section, State
from jobs.models import Job

# What a page shows of a long log: its end. All of it is under Raw.
SHOWN_LOG = 512 * 1024
MOST_LOG = 2 * SHOWN_LOG  # of a page that goes on; then it begins anew, near the end
TELL_EVERY = 10  # seconds, for those who hear the page
_CURSOR = re.compile(
    r"(\d{1,12})~(\d{1,12})~([01])~(\d{1,9})~(\d{1,9})~([rgyb]?)~(\d{1,9})~(\d{1,12})~([a-z_]{1,32})"
    r"((?:~\d{1,9}:[A-Za-z0-9_.-]{1,128}:\d{1,12}){0,9})\Z"
)


class BadCursor(Exception):
    """It is none of ours."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """`begun`: the first byte on the page. `offset`: where to read on, in the state `state`. `replay`: the page has the
    line there already. `told`: lines when last told of, `told_at` (seconds). `status`: the job's on the page.
    """

    begun: int = 0
    offset: int = 0
    replay: bool = False
    state: State = BEGINNING
    told: int = 0
    told_at: int = 0
    status: str = ""

    @property
    def lines(self) -> int:
        return self.state.number + self.replay

    def __str__(self) -> str:
        state = self.state
        numbers = f"{self.begun}~{self.offset}~{int(self.replay)}~{state.number}~{state.sections}~{state.css}"
        sections = "".join(f"~{number}:{name}:{started}" for number, name, started in state.open)
        return f"{numbers}~{self.told}~{self.told_at}~{self.status}{sections}"

    @classmethod
    def parse(cls, text: str) -> Cursor:
        """Raises BadCursor."""
        found = _CURSOR.match(text) if text.isascii() else None
        if found is None:
            raise BadCursor
        begun, offset, replay, number, sections = (int(found[group]) for group in range(1, 6))
        opened = [section.split(":") for section in found[10].split("~")[1:]]
        state = State(number, sections, found[6], tuple((int(one), name, int(at)) for one, name, at in opened))
        return cls(begun, offset, bool(replay), state, int(found[7]), int(found[8]), found[9])


@dataclass(frozen=True)
class Whole:
    """The end of a log. `cut`: there is more before it. `stamped`: its lines know their time."""

    section: Section
    cursor: Cursor
    cut: bool = False
    stamped: bool = False


@dataclass(frozen=True)
class Rest:
    """What came since: `grown` are the open parts with what is new in them (number 0: outside of all sections),
    `longer` a line whose rest has come, `closed` the sections that ended, `new` the lines to be told of, or 0."""

    cursor: Cursor
    grown: list[Section] = field(default_factory=list)
    longer: Line | None = None
    closed: list[Section] = field(default_factory=list)
    new: int = 0


def nothing(job: Job) -> Cursor:
    """Of a page that shows no log, only the job's state."""
    return Cursor(status=job.status)


def whole(job: Job) -> Whole:
    start = trace.start_of_end(job, SHOWN_LOG)
    reader = log_lines.Reader()
    lines, end = trace.lines(job, start, unended=not job.executing)
    section = reader.read(lines)
    cursor = _after(reader, Cursor(begun=start, offset=start, status=job.status), end)
    return Whole(section, replace(cursor, told=cursor.lines, told_at=int(time.time())), start > 0, reader.stamped)


def rest(job: Job, cursor: Cursor) -> Rest | None:
    """None when the page had better begin anew: nothing of the log is on it yet, or it is too far behind."""
    size = trace.size(job)
    if not cursor.begun <= cursor.offset <= size or size - cursor.begun > MOST_LOG:
        return None
    reader = log_lines.Reader(cursor.state)
    lines, end = trace.lines(job, cursor.offset, unended=not job.executing)
    reader.read(lines)
    after = replace(_after(reader, cursor, end), status=job.status)
    if not cursor.lines and after != cursor:
        return None
    longer = _known(reader) if cursor.replay else None
    now = int(time.time())
    new = 0
    if after.lines > cursor.told and (now - cursor.told_at >= TELL_EVERY or job.complete):
        new = after.lines - cursor.told
        after = replace(after, told=after.lines, told_at=now)
    grown = [section for section in (reader.root, *reader.resumed) if section.parts]
    return Rest(after, grown, longer, reader.closed, new)


def _known(reader: log_lines.Reader) -> Line | None:
    """Takes the first line, which the page has, from what is new; returned when it has become longer."""
    first = (reader.resumed or [reader.root])[-1]
    if not first.parts or not isinstance(first.parts[0], Line):
        return None
    line = first.parts.pop(0)
    return line if isinstance(line, Line) and reader.first_pieces > 1 else None


def _after(reader: log_lines.Reader, cursor: Cursor, end: int) -> Cursor:
    if reader.last_at is None:
        return cursor
    if reader.plain:
        return replace(cursor, offset=reader.last_at, replay=True, state=reader.before)
    return replace(cursor, offset=end, replay=False, state=reader.state)
