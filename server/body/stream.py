"""A body that the application reads as it comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import IO, Any

from server import futures
from server.body.pieces import STOPPING, TOO_SLOW, BodyBroken, Pieces
from server.environ import is_chunked, length_of
from server.exchange import Exchange
from server.limits import Limits
from server.sockets import Connections
from server.watch import Progress

# Seconds for which a piece has to lie there before the application counts as what is waited for.
_BUSY_AFTER = 1.0
_LOOK_EVERY = 0.5  # seconds
_BLOCK = 256 * 1024


class BodyStream:
    """`wsgi.input` of a long body, in a transfer thread. The next piece is on its way while the last one is worked on.

    `failure` is how to answer when the server broke it off while the application read it: it was too slow, or the
    server stops.
    """

    def __init__(
        self, exchange: Exchange, limits: Limits, pieces: Pieces | None = None, beginning: IO[bytes] | None = None
    ) -> None:
        """`beginning`: what has come already."""
        self.address = exchange.address
        self.failure: tuple[HTTPStatus, str] | None = None
        self._pieces = pieces or Pieces(exchange)
        self._beginning = beginning
        self._piece = memoryview(b"")
        self._length = None if is_chunked(exchange.environ) else length_of(exchange.environ)
        self._progress = Progress(limits)
        self._next_piece: _NextPiece | None = None
        self._waiting = False
        self._reason_to_end: tuple[HTTPStatus, str] | None = None

    def read(self, size: int = -1) -> bytes:
        """As many bytes as asked for; fewer only at the end. Raises BodyBroken."""
        parts = []
        while size and self._fill():
            part = self._piece if size < 0 else self._piece[:size]
            parts.append(part)
            self._piece = self._piece[len(part) :]
            size -= len(part) if size > 0 else 0
        return b"".join(parts)

    def readline(self, size: int = -1) -> bytes:
        line = b""
        while not line.endswith(b"\n") and len(line) != size and self._fill():
            end = bytes(self._piece[: 64 * 1024]).find(b"\n") + 1 or 64 * 1024
            line += self.read(end if size < 0 else min(end, size - len(line)))
        return line

    @property
    def is_read(self) -> bool:
        """Whether all of it has come over the connection. Who knows the length does not read on to the end's mark."""
        return self._pieces.is_whole or (self._length is not None and self._pieces.size >= self._length)

    @property
    def is_untouched(self) -> bool:
        """Whether nothing of it was asked for: a client that waits for a word (100 Continue) has not sent any of it."""
        return not self._pieces.size and self._next_piece is None

    def _fill(self) -> bool:
        """False at the end."""
        if not self._piece:
            self._piece = memoryview(self._receive())
        return bool(self._piece)

    def close(self) -> None:
        """Granian drops what nobody reads."""
        self._pieces.drop()
        if self._next_piece is not None:
            self._next_piece.abandon()
            self._next_piece = None
        if self._beginning is not None:
            self._beginning.close()

    def _receive(self) -> bytes:
        """Of any size; empty at the end only."""
        if self._beginning is not None:
            block = self._beginning.read(_BLOCK)
            if block:
                return block
            self._beginning.close()
            self._beginning = None
        piece = b""
        while not piece and not self._pieces.is_whole:
            piece = self._receive_piece()
        return piece

    def _receive_piece(self) -> bytes:
        coming = self._next_piece or _NextPiece(self._pieces.receive())
        self._next_piece = None
        if coming.lay_for() > _BUSY_AFTER:
            self._progress.pause()
        self._waiting = True
        outcome = coming.wait(lambda: self._reason_to_end is not None)
        self._waiting = False
        if outcome is None:
            self.failure = self._reason_to_end
            raise BodyBroken(self.failure[1] if self.failure else "")
        piece = self._pieces.piece_of(outcome)
        if not self._pieces.is_whole:
            self._next_piece = _NextPiece(self._pieces.receive())
        return piece

    def waiting_since(self) -> float | None:
        return self._progress.started if self._waiting else None

    def bytes_so_far(self) -> int:
        return self._pieces.size

    def is_too_slow(self, now: float, connections: Connections) -> bool:
        return self._progress.is_too_slow(now, self._pieces.size)

    def end(self, connections: Connections, *, stopping: bool = False) -> None:
        if self._reason_to_end is None:
            status = HTTPStatus.SERVICE_UNAVAILABLE if stopping else HTTPStatus.REQUEST_TIMEOUT
            self._reason_to_end = status, STOPPING if stopping else TOO_SLOW


class _NextPiece:
    """What granian is to bring, with the moment it came: it may have to wait for the application."""

    def __init__(self, outcome: Any) -> None:
        self._outcome = outcome
        self._came_at: float | None = None
        self._has_come = threading.Lock()  # released when it has come: far cheaper than an Event
        self._has_come.acquire()
        if futures.is_pending(outcome):
            outcome.add_done_callback(self._come)
        else:
            self._come(outcome)

    def _come(self, outcome: Any) -> None:
        self._came_at = time.monotonic()
        self._has_come.release()

    def lay_for(self) -> float:
        """Seconds for which it lay there unread."""
        return 0.0 if self._came_at is None else time.monotonic() - self._came_at

    def wait(self, is_over: Callable[[], bool]) -> Any:
        """None when it is over."""
        while not self._has_come.acquire(timeout=_LOOK_EVERY) and not is_over():
            pass
        outcome = self._outcome
        self.abandon()
        return None if is_over() else outcome

    def abandon(self) -> None:
        """To be called in the end: granian's future and this object refer to each other, and Python's garbage collector
        does not see granian's objects. What is still to come would keep the connection open."""
        outcome, self._outcome = self._outcome, None
        if futures.is_pending(outcome):
            outcome.cancel()
