"""Rows of the access log that never change once they are written, collected so that no request waits for a write."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import islice
from typing import Generic, TypeVar

MAX_WAITING = 100_000
MAX_KNOWN = 50_000  # after so many they are forgotten, and written again if they come again
K = TypeVar("K", bound=Hashable)


class WriteOnce(Generic[K]):
    """A process remembers what it has taken, so that a job that repeats itself costs a look into a set, without a
    lock. `write_batch` leaves out what is in the table already."""

    def __init__(self, write_batch: Callable[[Sequence[K]], None]) -> None:
        self._write_batch = write_batch
        self._lock = threading.Lock()
        self._known: set[Hashable] = set()
        self._waiting: dict[K, None] = {}

    def keep(self, use: Hashable, rows: Iterable[K]) -> bool:
        """Whether there is something to write. `rows`: of this use; looked at once."""
        if use in self._known:
            return False
        with self._lock:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            if len(self._waiting) < MAX_WAITING:
                self._known.add(use)
                self._waiting.update(dict.fromkeys(rows))
        return True

    def write(self, batch_size: int) -> None:
        """Raises what the database raises; what is not written waits for the next time."""
        while batch := self._next(batch_size):
            self._write_batch(batch)
            with self._lock:
                for row in batch:
                    self._waiting.pop(row, None)

    def forget(self) -> None:
        """For tests: begin anew."""
        with self._lock:
            self._known.clear()
            self._waiting.clear()

    def _next(self, batch_size: int) -> list[K]:
        with self._lock:
            return list(islice(self._waiting, batch_size))
