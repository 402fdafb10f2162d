"""How many requests of jobs of one project another one admitted and refused, day by day.

The rest of the log has times and jobs, but not how often. Collected like it (`buffer`), added to the day's row.
"""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from itertools import islice
from typing import NamedTuple

from tokenaccess.access_log import writer
from tokenaccess.models import DailyCount

KEPT_DAYS = 400  # the longest time that a page looks back
MAX_WAITING = 100_000


class DailyKey(NamedTuple):
    """Projects by id; `day` in UTC."""

    accessed: int
    origin: int
    day: date


_lock = threading.Lock()
_waiting: dict[DailyKey, tuple[int, int]] = {}  # uses, refusals


def count_use(accessed: int, origin: int, day: date) -> None:
    _add({DailyKey(accessed, origin, day): (1, 0)})


def count_refusal(accessed: int, origin: int, day: date) -> None:
    _add({DailyKey(accessed, origin, day): (0, 1)})


def write(batch_size: int) -> None:
    """One statement for each batch. Raises what the database raises; what is not written waits for the next time."""
    while batch := _take(batch_size):
        try:
            writer.add_daily_counts(
                {**key._asdict(), "uses": uses, "refusals": refusals} for key, (uses, refusals) in batch.items()
            )
        except Exception:
            _add(batch)
            raise


def delete_old(now: datetime) -> int:
    """A step of the housekeeping."""
    deleted, _ = DailyCount.objects.filter(day__lt=now.date() - timedelta(days=KEPT_DAYS)).delete()
    return deleted


def forget() -> None:
    """For tests: begin anew."""
    with _lock:
        _waiting.clear()


def _add(counts: dict[DailyKey, tuple[int, int]]) -> None:
    with _lock:
        for key, (uses, refusals) in counts.items():
            if key in _waiting or len(_waiting) < MAX_WAITING:
                known = _waiting.get(key, (0, 0))
                _waiting[key] = known[0] + uses, known[1] + refusals


def _take(batch_size: int) -> dict[DailyKey, tuple[int, int]]:
    with _lock:
        return {key: _waiting.pop(key) for key in list(islice(_waiting, batch_size))}
