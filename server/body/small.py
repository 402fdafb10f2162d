"""A body that is collected before its request runs."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import IO, Any

from server import futures
from server.body.pieces import STOPPING, TOO_SLOW, BodyBroken, Pieces
from server.exchange import Exchange
from server.limits import Limits
from server.sockets import Connections
from server.watch import Progress

NO_SPACE = "There is no space left for the body of the request."


def _nothing() -> None: ...


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
