"""Answers that are sent block by block, as the client takes them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from server import futures
from server.exchange import Exchange
from server.limits import Limits
from server.sockets import Connections
from server.watch import Progress

log = logging.getLogger(__name__)

# Blocks grow while the client takes them at once. Several of them wait for a slow one at a time: they stay small.
_MIN_BLOCK = 64 * 1024
_MAX_BLOCK = 1024 * 1024
_AT_ONCE = 0.05  # seconds


def _nothing() -> None: ...


class ClientGone(ConnectionError):
    """Nobody is there to take the answer, or they were too slow."""


class _Sender:
    """What both kinds have in common: the pieces, the client's departure, and how long it makes wait."""

    def __init__(self, exchange: Exchange, blocks: Any, limits: Limits) -> None:
        self.address = exchange.address
        self.on_end = _nothing
        self._exchange = exchange
        self._blocks = blocks
        self._pieces = self._split(iter(blocks))
        self._progress = Progress(limits)
        self._sent = 0
        self._largest = _MIN_BLOCK
        self._waits_since: float | None = None
        self._departure = exchange.proto.receive()
        self._room: Any = None
        self._cut = False

    def _split(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        for block in blocks:
            start = 0
            while start < len(block):
                piece = block[start : start + self._largest]
                start += len(piece)
                yield piece

    def _send(self, piece: bytes) -> Any:
        """A future, while there is no room for it. Raises ClientGone."""
        if self._cut or self._has_left():
            raise ClientGone
        outcome = self._exchange.send_block(piece)
        self._sent += len(piece)
        return outcome if futures.is_pending(outcome) else None

    def _has_left(self) -> bool:
        """What comes of a request after the end of its body is that the client went away."""
        if futures.is_pending(self._departure):
            return False
        message = self._departure.result() if hasattr(self._departure, "result") else {"type": "http.disconnect"}
        if message["type"] == "http.disconnect":
            return True
        self._departure = self._exchange.proto.receive()
        return False

    def _begin_to_wait(self, room: Any, then: Callable[[Any], None]) -> None:
        self._room, self._waits_since = room, time.monotonic()
        room.add_done_callback(then)

    def _end_wait(self) -> None:
        if self._waits_since is not None:
            at_once = time.monotonic() - self._waits_since < _AT_ONCE
            self._largest = min(self._largest * 2, _MAX_BLOCK) if at_once else _MIN_BLOCK
        self._room = self._waits_since = None  # the future refers to this object: see body.small
        self._progress.pause()

    def waiting_since(self) -> float | None:
        return self._waits_since

    def bytes_so_far(self) -> int:
        return self._sent

    def is_too_slow(self, now: float, connections: Connections) -> bool:
        taken = connections.bytes_taken(self._exchange.peer)
        return self._progress.is_too_slow(now, self._sent if taken is None else taken)

    def end(self, connections: Connections, *, stopping: bool = False) -> None:
        self._cut = True
        connections.cut(self._exchange.peer)
        room = self._room
        if futures.is_pending(room):
            room.cancel()

    def _break_off(self) -> None:
        connections = Connections()
        connections.refresh()
        self.end(connections)

    def _close(self) -> None:
        if futures.is_pending(self._departure):
            self._departure.cancel()
        try:
            close = getattr(self._blocks, "close", None)
            if close is not None:
                close()
        finally:
            self.on_end()
            self.on_end = _nothing  # it refers to this object: a connection is closed once nothing does


class FileSender(_Sender):
    """Holds no thread: granian calls it when there is room. For blocks that are there as soon as they are asked for."""

    def __init__(self, exchange: Exchange, blocks: Any, limits: Limits) -> None:
        super().__init__(exchange, blocks, limits)
        self._over = threading.Lock()

    def start(self) -> None:
        self._exchange.send_head()
        self._go_on()

    def _go_on(self, _future: Any = None) -> None:
        self._end_wait()
        try:
            for piece in self._pieces:
                room = self._send(piece)
                if room is not None:
                    self._begin_to_wait(room, self._go_on)
                    return
            self._exchange.send_end()
        except ClientGone:
            pass
        except Exception:
            log.exception("An answer broke off in the middle.")
            self._break_off()
        if self._over.acquire(blocking=False):
            self._close()


class StreamSender(_Sender):
    """In a transfer thread: the blocks may have to be waited for as well."""

    def send(self) -> None:
        try:
            self._exchange.send_head()
            for piece in self._pieces:
                self._send_and_wait(piece)
            self._exchange.send_end()
        except ClientGone:
            pass
        except Exception:
            log.exception("An answer broke off in the middle.")
            self._break_off()
        finally:
            self._close()

    def _send_and_wait(self, piece: bytes) -> None:
        room = self._send(piece)
        if room is not None:
            has_room = threading.Event()
            self._begin_to_wait(room, lambda _: has_room.set())
            has_room.wait()
            self._end_wait()
