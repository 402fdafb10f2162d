"""Reads the code coverage out of a job's log, by the pattern that the CI file gives with `coverage:`.

The last matching line counts, so lines are searched from the end of the log. They are matched as a terminal shows them:
without timestamps and colours.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from typing import Any

from ci_config.conditions.patterns import BadPattern, compile_pattern
from jobs.logs import parser, storage
from jobs.models import Job

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
# Bytes to search, with _CALL_COST added per line and match. Four times the size of a log that runners send by default.
_MAX_BYTES = 16 * 1024 * 1024
_CALL_COST = 100
_MAX_CPU_SECONDS = 1.0  # of CPU time
# Pattern size times line length: RE2 needs at most about 10 ns per byte and instruction.
_MAX_MATCH_COST = 50_000_000


class _BudgetExceeded(Exception):
    """The search has used up its budget."""


class _SearchBudget:
    """Bounds the cost of a search, so that no log and no pattern can delay the end of a job."""

    def __init__(self) -> None:
        self._read = 0
        self._until = time.thread_time() + _MAX_CPU_SECONDS

    def spend(self, size: int) -> None:
        """Raises _TooMuch."""
        self._read += size + _CALL_COST
        if self._read > _MAX_BYTES or time.thread_time() > self._until:
            raise _BudgetExceeded


def coverage_from_log(job: Job) -> float | None:
    """The coverage in percent; None without `coverage:`, without a log, or if no line matches.

    Called when the job ends, because the log is complete then. Takes no lock and never raises.
    """
    source = job.options.get("coverage")
    if not source:
        return None
    try:
        return _last_number(job, compile_pattern(source), _SearchBudget())
    except BadPattern:
        return None
    except _BudgetExceeded:
        log.info("the log of job %s was not searched to its beginning", job.pk)
        return None
    except OSError:
        log.exception("the log of job %s cannot be read", job.pk)
        return None


def _last_number(job: Job, pattern: Any, budget: _SearchBudget) -> float | None:
    max_length = _MAX_MATCH_COST // max(1, pattern.programsize)
    for line in _lines(job, budget):
        # A carriage return starts the line again, as progress bars do.
        for text in reversed(parser.SEQUENCE.sub("", line).split("\r")):
            percent = _last_match(text[-max_length:], pattern, budget) if _NUMBER.search(text) else None
            if percent is not None:
                return percent
    return None


def _last_match(text: str, pattern: Any, budget: _SearchBudget) -> float | None:
    last = None
    budget.spend(len(text))
    for last in pattern.finditer(text):
        budget.spend(len(text) - last.end())
    return None if last is None else _percent(last)


def _percent(match: Any) -> float | None:
    """The number in the last non-empty group, or in the whole match if the pattern has no groups."""
    group = next((group for group in reversed(match.groups()) if group), match[0])
    number = _NUMBER.search(group)
    percent = float(number[0]) if number else -1.0
    return percent if 0 <= percent <= 100 else None


def _lines(job: Job, budget: _SearchBudget) -> Iterator[str]:
    """The lines, last one first, without timestamps and with their pieces joined; of a long line only its end."""
    pieces: list[str] = []
    length = 0
    for raw in storage.lines_backwards(job):
        budget.spend(len(raw))
        line = raw.decode(errors="replace")
        stamp = parser.STAMP.match(line)
        if length < storage.MAX_LINE_LENGTH:
            pieces.append(line[stamp.end() :] if stamp else line)
            length += len(pieces[-1])
        if stamp is None or stamp[1] != "+":
            yield _join(pieces)
            pieces, length = [], 0
    if pieces:
        yield _join(pieces)


def _join(pieces: list[str]) -> str:
    return "".join(reversed(pieces))[-storage.MAX_LINE_LENGTH :]
