"""A few threads for what takes long: bodies of any length, and answers that wait for another program."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from server.limits import Limits

log = logging.getLogger(__name__)

IDLE_SECONDS = 60.0
Work = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Task:
    address: str
    work: Work
    refuse: Work
    until: float


class Transfers:
    """Threads are made when they are needed and end after a while without work. No address has more than its share of
    them: its next transfer waits while others pass, and is refused when it has waited too long."""

    def __init__(self, limits: Limits, on_thread_end: Work = lambda: None) -> None:
        self._limits = limits
        self._on_thread_end = on_thread_end
        self._waiting: deque[_Task] = deque()
        self._running: Counter[str] = Counter()
        self._threads = self._idle = 0
        self._changed = threading.Condition()

    def submit(self, address: str, work: Work, refuse: Work) -> None:
        """One of the two is called, in any thread."""
        task = _Task(address, work, refuse, time.monotonic() + self._limits.transfer_wait)
        with self._changed:
            self._waiting.append(task)
            if self._idle < len(self._waiting) and self._threads < self._limits.transfer_threads:
                self._threads += 1
                threading.Thread(target=self._keep_working, name="transfer", daemon=True).start()
            self._changed.notify()

    def refuse_late(self) -> None:
        """Those that have waited too long; to be called now and then."""
        now = time.monotonic()
        with self._changed:
            late = [task for task in self._waiting if task.until <= now]
            for task in late:
                self._waiting.remove(task)
        for task in late:
            task.refuse()

    def refuse_waiting(self) -> None:
        with self._changed:
            waiting, self._waiting = list(self._waiting), deque()
        for task in waiting:
            task.refuse()

    def _keep_working(self) -> None:
        try:
            while self._work_once():
                pass
        finally:
            self._on_thread_end()

    def _work_once(self) -> bool:
        """Keeps nothing of a task: its connection is closed once nothing refers to it."""
        task = self._take()
        if task is None:
            return False
        try:
            task.work()
        except Exception:
            log.exception("A transfer failed.")
        finally:
            self._finish(task)
        return True

    def _take(self) -> _Task | None:
        """None when there was nothing to do for a while: the thread ends."""
        until = time.monotonic() + IDLE_SECONDS
        with self._changed:
            while True:
                for task in self._waiting:
                    if self._running[task.address] < self._limits.transfer_share:
                        self._waiting.remove(task)
                        self._running[task.address] += 1
                        return task
                left = until - time.monotonic()
                if left <= 0:
                    self._threads -= 1
                    return None
                self._idle += 1
                self._changed.wait(left)
                self._idle -= 1

    def _finish(self, task: _Task) -> None:
        with self._changed:
            self._running[task.address] -= 1
            if not self._running[task.address]:
                del self._running[task.address]
            self._changed.notify()
