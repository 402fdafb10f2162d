"""Ends clients that are too slow, and those of an address that has more waiting for it than its share."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from types import UnionType
from typing import Protocol

from server.limits import Limits
from server.sockets import Connections

log = logging.getLogger(__name__)


class Progress:
    """How a client gets on, in windows of time that follow each other."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._since = self.started = time.monotonic()
        self._bytes: int | None = None

    def is_too_slow(self, now: float, total: int) -> bool:
        """`total`: bytes so far. Judged at the end of each window."""
        if self._bytes is None:
            self._since, self._bytes = now, total
        if now - self._since < self._limits.window:
            return False
        moved, self._since, self._bytes = total - self._bytes, now, total
        return moved < self._limits.window_bytes

    def pause(self) -> None:
        """The client is not what is waited for: the next window begins when it is again."""
        self._bytes = None


class Slow(Protocol):
    """Something that waits for a client, or may have to."""

    address: str

    def waiting_since(self) -> float | None:
        """When it began to wait; None while it does not."""

    def is_too_slow(self, now: float, connections: Connections) -> bool: ...

    def bytes_so_far(self) -> int: ...

    def end(self, connections: Connections, *, stopping: bool = False) -> None:
        """Ends the client's request, from any thread; more than once is as good as once."""


class Watch:
    """One per process; `start` makes its thread."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._watched: set[Slow] = set()
        self._connections = Connections()
        self.add = self._watched.add
        self.remove = self._watched.discard

    def start(self, also: Callable[[], None] = lambda: None) -> None:
        """`also` is called as often."""
        threading.Thread(target=self._keep_watching, args=[also], name="watch", daemon=True).start()

    def _keep_watching(self, also: Callable[[], None]) -> None:
        while True:
            time.sleep(self._limits.tick)
            try:
                self.tick(time.monotonic())
                also()
            except Exception:
                log.exception("The watch over slow clients failed; it goes on.")

    def tick(self, now: float) -> None:
        held = [(now - since, slow) for slow in list(self._watched) if (since := slow.waiting_since()) is not None]
        held = [(seconds, slow) for seconds, slow in held if seconds >= self._limits.held_after]
        if not held:
            return
        self._connections.refresh()
        by_address: dict[str, list[tuple[float, Slow]]] = defaultdict(list)
        for seconds, slow in held:
            if slow.is_too_slow(now, self._connections):
                self._end(slow, "too slow")
            else:
                by_address[slow.address].append((seconds, slow))
        for waiting in by_address.values():
            waiting.sort(key=lambda entry: entry[1].bytes_so_far() / entry[0])
            for _, slow in waiting[: -self._limits.address_share]:
                self._end(slow, "over its address's share")

    def _end(self, slow: Slow, why: str) -> None:
        self.remove(slow)
        log.info("A client at %s was ended: %s", slow.address, why)
        slow.end(self._connections)

    def end_all(self, kind: type | UnionType) -> None:
        """Those of this kind, because the server is being stopped."""
        self._connections.refresh()
        for slow in list(self._watched):
            if isinstance(slow, kind):
                slow.end(self._connections, stopping=True)
