"""The body of a request: collected by callbacks while it is small, else read by the application as it comes."""

from __future__ import annotations

import io
import tempfile
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import IO, Any

from server import futures
from server.exchange import Exchange
from server.limits import Limits
from server.sockets import Connections
from server.watch import Progress

TOO_SLOW = "The body of the request came too slowly."
# Seconds for which a piece has to lie there before the application counts as what is waited for.
_BUSY_AFTER = 1.0
_LOOK_EVERY = 0.5  # seconds
_BLOCK = 256 * 1024
ENDED_EARLY = "The request ended too early."
NO_SPACE = "There is no space left for the body of the request."
STOPPING = "The server is being stopped. Try again."


def _nothing() -> None: ...


class BodyBroken(OSError):
    """The client went away, was too slow, or the server is being stopped."""


class Pieces:
    """What has come of a body, in granian's terms: `receive` gives the next piece, or a future of it."""

    def __init__(self, exchange: Exchange) -> None:
        self.receive: Callable[[], Any] = exchange.proto.receive
        self.size = 0
        self.is_whole = False

    def piece_of(self, outcome: Any) -> bytes:
        """Of what `receive` gave, once it is no longer pending. Raises BodyBroken."""
        message: dict[str, Any] = outcome.result() if hasattr(outcome, "result") else {"type": "http.disconnect"}
        if message["type"] != "http.request":
            raise BodyBroken(ENDED_EARLY)
        piece: bytes = message["body"]
        self.size += len(piece)
        self.is_whole = not message["more_body"]
        return piece


class SmallBody:
    """A body of up to `max_size` bytes on its way, which holds no thread.

    `then` is called in one of granian's threads with the pieces and a file of what has come: at the end, or when there
    is more than `max_size`.
    """

    def __init__(
        self, exchange: Exchange, limits: Limits, *, max_size: int, then: Callable[[Pieces, IO[bytes]], None]
    ) -> None:
        self.address = exchange.address
        self._exchange = exchange
        self._max_size = max_size
        self._then = then
        self._pieces = Pieces(exchange)
        self._file: IO[bytes] = io.BytesIO()
        self._in_memory = limits.small_body
        self._progress = Progress(limits)
        self._lock = threading.Lock()
        self._over = False
        self._future: Any = None
        self.on_end = _nothing

    def collect(self) -> None:
        while True:
            outcome = self._pieces.receive()
            if futures.is_pending(outcome):
                self._future = outcome
                outcome.add_done_callback(self._on_piece)
                return
            if self._take(outcome):
                return

    def _on_piece(self, future: Any) -> None:
        self._future = None  # it refers to this method, and Python's garbage collector does not see granian's objects
        if not future.cancelled() and not self._take(future):
            self.collect()

    def _take(self, outcome: Any) -> bool:
        """Whether there is nothing left to collect."""
        try:
            self._keep(self._pieces.piece_of(outcome))
        except BodyBroken as error:
            self._refuse(HTTPStatus.BAD_REQUEST, str(error))
            return True
        except OSError:
            self._refuse(HTTPStatus.INSUFFICIENT_STORAGE, NO_SPACE)
            return True
        except ValueError:  # the file was closed meanwhile: the request has been refused
            return True
        if not self._pieces.is_whole and self._pieces.size <= self._max_size:
            return self._over
        if self._finish():
            self._file.seek(0)
            self._then(self._pieces, self._file)
        return True

    def _keep(self, piece: bytes) -> None:
        if self._pieces.size > self._in_memory and isinstance(self._file, io.BytesIO):
            large = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever reads it
            large.write(self._file.getbuffer())
            self._file = large
        self._file.write(piece)

    def _finish(self) -> bool:
        """True once: for whoever may answer."""
        with self._lock:
            was_over, self._over = self._over, True
        if not was_over:
            self.on_end()
            self.on_end = _nothing  # it refers to this object: a connection is closed once nothing does
        return not was_over

    def waiting_since(self) -> float | None:
        return None if self._over else self._progress.started

    def bytes_so_far(self) -> int:
        return self._pieces.size

    def is_too_slow(self, now: float, connections: Connections) -> bool:
        return self._progress.is_too_slow(now, self._pieces.size)

    def end(self, connections: Connections, *, stopping: bool = False) -> None:
        if stopping:
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, STOPPING, retry_after=1)
        else:
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, TOO_SLOW)

    def _refuse(self, status: HTTPStatus, sentence: str, *, retry_after: int = 0) -> None:
        if self._finish():
            self._exchange.refuse(status, sentence, retry_after=retry_after)
            self._file.close()
            if futures.is_pending(self._future):
                self._future.cancel()


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

    def _fill(self) -> bool:
        """False at the end."""
        if not self._piece:
            self._piece = memoryview(self._receive())
        return bool(self._piece)

    def close(self) -> None:
        """Granian drops what nobody reads."""
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
