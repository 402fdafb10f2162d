"""How much of the code its tests reach, as a job's log tells: `coverage:` of the file says where to look.

The last line with a number counts. Lines are looked at from the end of the log, as a terminal would show them: without
time stamps and colours.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from typing import Any

from jobs import log_lines, trace
from jobs.config.patterns import BadPattern, compiled
from jobs.models import Job

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
# Bytes read of a log, each line and each match counted as some more. Four times what a runner sends unless told to.
_MOST_READ = 16 * 1024 * 1024
_COST_OF_A_CALL = 100
_SECONDS = 1.0  # of the processor's time
# RE2 needs time for each byte, and in the worst case for each instruction of the pattern: 10 ns for both together.
_MOST_AT_ONCE = 50_000_000


class _TooMuch(Exception):
    """As much as may be was searched."""


class _Effort:
    """What a search has cost. Neither a log nor a pattern holds up a runner, whatever is in them."""

    def __init__(self) -> None:
        self._read = 0
        self._until = time.thread_time() + _SECONDS

    def spend(self, size: int) -> None:
        """Raises _TooMuch."""
        self._read += size + _COST_OF_A_CALL
        if self._read > _MOST_READ or time.thread_time() > self._until:
            raise _TooMuch


def told_by_log(job: Job) -> float | None:
    """Percent; None when the job wants no coverage, has no log, or its log tells none.

    For when the job ends: its runner has sent all of the log by then. Takes no lock, and never stands in the way.
    """
    source = job.options.get("coverage")
    if not source:
        return None
    try:
        return _last_number(job, compiled(source), _Effort())
    except BadPattern:
        return None
    except _TooMuch:
        log.info("the log of job %s was not searched to its beginning", job.pk)
        return None
    except OSError:
        log.exception("the log of job %s cannot be read", job.pk)
        return None


def _last_number(job: Job, pattern: Any, effort: _Effort) -> float | None:
    longest = _MOST_AT_ONCE // max(1, pattern.programsize)
    for line in _lines(job, effort):
        # A carriage return begins the line anew, as a progress bar does.
        for text in reversed(log_lines.SEQUENCE.sub("", line).split("\r")):
            found = _last_match(text[-longest:], pattern, effort) if _NUMBER.search(text) else None
            if found is not None:
                return found
    return None


def _last_match(text: str, pattern: Any, effort: _Effort) -> float | None:
    last = None
    effort.spend(len(text))
    for last in pattern.finditer(text):
        effort.spend(len(text) - last.end())
    return None if last is None else _percent(last)


def _percent(match: Any) -> float | None:
    """The number in the last group that has something, or in all of the match where the pattern has no groups."""
    group = next((group for group in reversed(match.groups()) if group), match[0])
    number = _NUMBER.search(group)
    percent = float(number[0]) if number else -1.0
    return percent if 0 <= percent <= 100 else None


def _lines(job: Job, effort: _Effort) -> Iterator[str]:
    """The last line first, without the runner's time stamps, pieces of one line joined; of a long line its end."""
    pieces: list[str] = []
    length = 0
    for raw in trace.lines_backwards(job):
        effort.spend(len(raw))
        line = raw.decode(errors="replace")
        stamp = log_lines.STAMP.match(line)
        if length < trace.LONGEST_LINE:
            pieces.append(line[stamp.end() :] if stamp else line)
            length += len(pieces[-1])
        if stamp is None or stamp[1] != "+":
            yield _joined(pieces)
            pieces, length = [], 0
    if pieces:
        yield _joined(pieces)


def _joined(pieces: list[str]) -> str:
    return "".join(reversed(pieces))[-trace.LONGEST_LINE :]
