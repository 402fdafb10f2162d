"""What still comes of a body once its request has been answered."""

from __future__ import annotations

import time
from typing import Any

from server import futures
from server.body.pieces import BodyBroken, Pieces
from server.exchange import Exchange
from server.limits import Limits
from server.sockets import Connections


def _nothing() -> None: ...


class Drain:
    """Throws it away for some seconds, and holds no thread.

    A connection that is closed while something in it is unread is reset, and the client may lose the answer with it
    (RFC 9112, 9.6).
    """

    def __init__(self, exchange: Exchange, limits: Limits) -> None:
        self.address = exchange.address
        self.on_end = _nothing
        self._pieces = Pieces(exchange)
        self._seconds = limits.drain
        self._started = time.monotonic()
        self._future: Any = None
        self._over = False

    def start(self) -> None:
        while not self._over:
            outcome = self._pieces.receive()
            if futures.is_pending(outcome):
                self._future = outcome
                outcome.add_done_callback(self._on_piece)
                break
            self._take(outcome)
        if self._over:  # perhaps by another thread, before there was a future to cancel
            self._finish()

    def _on_piece(self, future: Any) -> None:
        self._future = None  # it refers to this object: see SmallBody
        if not future.cancelled():
            self._take(future)
            self.start()

    def _take(self, outcome: Any) -> None:
        try:
            self._pieces.piece_of(outcome)
        except BodyBroken:
            self._over = True
        else:
            self._over = self._over or self._pieces.is_whole

    def _finish(self) -> None:
        self._over = True
        self._pieces.drop()
        future, self._future = self._future, None
        if futures.is_pending(future):
            future.cancel()
        self.on_end()
        self.on_end = _nothing  # it refers to this object

    def waiting_since(self) -> float | None:
        return None if self._over else self._started

    def is_too_slow(self, now: float, connections: Connections) -> bool:
        return now - self._started >= self._seconds

    def bytes_so_far(self) -> int:
        return self._pieces.size

    def end(self, connections: Connections, *, stopping: bool = False) -> None:
        self._finish()
