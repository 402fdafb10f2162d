"""Which number a line of a long log has, and where the line of a number is, without parsing what is not shown.

Lines are counted by their breaks; only lines with section markers are parsed, because some of them are no lines of the
page, and to know which sections are open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs.logs.parser import INITIAL_STATE, LogParser, LogParserState

BLOCK = 256 * 1024
MAX_LINE = 4 * 1024 * 1024  # bytes of a line that are looked at for section markers
_STAMP = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z [0-9a-f]{2}[OE]"
STAMP_LENGTH = len("2026-11-20T09:16:26.123456Z 00O+")
_CONTINUATION = re.compile(_STAMP + rb"\+")
_BREAK_WITHIN = re.compile(rb"\n" + _STAMP + rb"\+")
_MARKER = re.compile(rb"section_(?:start|end):\d")


@dataclass(frozen=True, slots=True)
class Position:
    """The beginning of a line. `state`: the parser's, but for the colour, which is unknown."""

    offset: int = 0
    state: LogParserState = INITIAL_STATE


def positions(path: Path, end: int) -> Iterator[Position]:
    """The beginning of the log, of a line at least every BLOCK bytes unless lines are longer, and `end`."""
    log_parser, offset = LogParser(), 0
    yield Position()
    for block, length in _blocks_of_lines(path, end):
        _skip(log_parser, block)
        offset += length
        yield Position(offset, log_parser.state._replace(css=""))


def position_at(path: Path, offset: int) -> Position:
    """That of `offset`, where a line begins or the log ends."""
    *_, last = positions(path, offset)
    return last


def position_before(path: Path, number: int, end: int) -> Position:
    """A beginning some lines before the line of this number, or the last one if there is no such line."""
    earlier = before = Position()
    for position in positions(path, end):
        if position.state.number >= number:
            break
        earlier, before = before, position
    return earlier


def line_start(data: bytes, position: int) -> int:
    """Where the line that holds `position` begins; 0 also if it begins before `data`."""
    start = data.rfind(b"\n", 0, position) + 1
    while start > 0 and _CONTINUATION.match(data, start):
        start = data.rfind(b"\n", 0, start - 1) + 1
    return start


def line_end(data: bytes, position: int) -> int:
    """Where the next line begins."""
    end = data.find(b"\n", position) + 1 or len(data)
    while _CONTINUATION.match(data, end):
        end = data.find(b"\n", end) + 1 or len(data)
    return end


def first_line_start(data: bytes) -> int | None:
    """Where the first line begins that does not begin before `data`."""
    start = data.find(b"\n") + 1
    while start and _CONTINUATION.match(data, start):
        start = data.find(b"\n", start) + 1
    return start if 0 < start < len(data) else None


def _blocks_of_lines(path: Path, end: int) -> Iterator[tuple[bytes, int]]:
    """Whole lines, some at a time, and their length in the log: the middle of a very long one is left out."""
    with path.open("rb") as file:
        held, skipped, position = b"", 0, 0
        while position < end:
            read = file.read(min(BLOCK, end - position))
            if not read:
                break
            position += len(read)
            data = held + read
            cut = len(data) if position >= end else _last_line_start(data)
            if cut:
                yield data[:cut], cut + skipped
                skipped = 0
            held = data[cut:]
            if len(held) > MAX_LINE:
                # Not in the middle of a timestamp: what follows would look like another line.
                within_stamp = held.rfind(b"\n", BLOCK - STAMP_LENGTH, BLOCK)
                kept = held[:BLOCK] if within_stamp < 0 else held[:within_stamp]
                skipped += len(held) - len(kept)
                held = kept


def _last_line_start(data: bytes) -> int:
    """Where the last line begins that surely is one of its own; 0 if there is none."""
    start = data.rfind(b"\n") + 1
    while start and (_CONTINUATION.match(data, start) or len(data) - start < STAMP_LENGTH):
        start = data.rfind(b"\n", 0, start - 1) + 1
    return start


def _skip(log_parser: LogParser, block: bytes) -> None:
    done = 0
    for marker in _MARKER.finditer(block):
        if marker.start() < done:
            continue
        start, end = line_start(block, marker.start()), line_end(block, marker.start())
        log_parser.number += _count(block, done, start)
        text = block[start:end].decode(errors="replace").removesuffix("\n")
        log_parser.feed((0, piece) for piece in text.split("\n"))
        done = end
    log_parser.number += _count(block, done, len(block))


def _count(block: bytes, start: int, end: int) -> int:
    """Lines that begin from `start` on; one without an end counts too."""
    if start >= end:
        return 0
    breaks = block.count(b"\n", start, end) + (block[end - 1 : end] != b"\n")
    return breaks - len(_BREAK_WITHIN.findall(block, start, end))
