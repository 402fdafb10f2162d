"""Where each request runs: see the package's description."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import IO, Any

from server.body.drain import Drain
from server.body.pieces import STOPPING, Pieces
from server.body.small import SmallBody
from server.body.stream import BodyStream
from server.environ import Environ, environ_of, has_body, is_chunked, length_of, waits_for_word
from server.exchange import Exchange
from server.limits import Limits
from server.sending import FileSender, StreamSender
from server.transfers import Transfers, Work
from server.watch import Watch

log = logging.getLogger(__name__)

BUSY = "Too many transfers at a time. Try again."
FAILED = "Internal Server Error"
_NO_BODY = io.BytesIO()

Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


class Dispatcher:
    """`schedule` is what granian calls, in one of its threads, with each request.

    `waits`: whether a path is answered by another program, which has to be waited for.
    `is_upload`: whether the application checks a request, by its head, before it reads a body of any length.
    """

    def __init__(
        self,
        application: Application,
        limits: Limits,
        *,
        waits: Callable[[str], bool] = lambda path: False,
        is_upload: Callable[[Environ], bool] = lambda environ: True,
        trust_proxy: bool = False,
        on_thread_end: Work = lambda: None,
    ) -> None:
        self._application = application
        self._limits = limits
        self._waits = waits
        self._is_upload = is_upload
        self._trust_proxy = trust_proxy
        self._watch = Watch(limits)
        self._transfers = Transfers(limits, on_thread_end)
        self._is_stopping = False

    def start(self) -> None:
        self._watch.start(self._transfers.refuse_late)

    def schedule(self, watcher: Any) -> None:
        """Must not raise: granian does not look."""
        proto = watcher.proto
        try:
            environ = environ_of(watcher.scope, trust_proxy=self._trust_proxy)
            exchange = Exchange(proto, environ)
            if has_body(environ):
                self._receive(exchange)
            elif self._waits(environ["PATH_INFO"]):
                self._transfer(exchange, Pieces(exchange), None)
            else:
                environ["wsgi.input"] = _NO_BODY
                self._run(exchange)
        except BaseException as error:
            log.exception("A request failed in the server.")
            watcher.err(error)

    def _receive(self, exchange: Exchange) -> None:
        environ = exchange.environ
        max_size = self._limits.small_body if self._is_upload(environ) else self._limits.unknown_body
        if length_of(environ) > max_size:
            self._transfer(exchange, Pieces(exchange), None)
            return
        body = SmallBody(exchange, self._limits, max_size=max_size, then=partial(self._after_body, exchange))
        body.on_end = partial(self._watch.remove, body)
        self._watch.add(body)
        body.collect()

    def _after_body(self, exchange: Exchange, pieces: Pieces, file: IO[bytes]) -> None:
        environ = exchange.environ
        # What an upload without a length is answered with waits for the client (and keeps a transaction open).
        if not pieces.is_whole or is_chunked(environ) or self._waits(environ["PATH_INFO"]):
            self._transfer(exchange, pieces, file)
            return
        environ["wsgi.input"] = file
        self._guard(exchange, self._run)

    def _run(self, exchange: Exchange) -> None:
        """In one of granian's threads."""
        answer = self._application(exchange.environ, exchange.start_response)
        if _is_whole(answer):
            exchange.send_whole(_join(answer))
        elif getattr(answer, "reads_files", False):
            sender = FileSender(exchange, answer, self._limits)
            self._watch_over(sender)
            sender.start()
        else:
            work = partial(self._guard, exchange, partial(self._stream, answer=answer))
            self._transfers.submit(exchange.address, work, partial(self._drop, exchange, answer))

    def _transfer(self, exchange: Exchange, pieces: Pieces, beginning: IO[bytes] | None) -> None:
        body = BodyStream(exchange, self._limits, pieces, beginning)
        work = partial(self._guard, exchange, partial(self._run_long, body=body))
        self._transfers.submit(exchange.address, work, partial(self._drop, exchange, None))

    def _run_long(self, exchange: Exchange, body: BodyStream) -> None:
        """In a transfer thread, from the beginning to the end of the answer."""
        exchange.environ["wsgi.input"] = body
        self._watch.add(body)
        try:
            answer = self._application(exchange.environ, exchange.start_response)
        finally:
            self._watch.remove(body)
            body.close()
        if body.failure is not None:
            _close(answer)
            exchange.refuse(*body.failure)
        elif body.is_read:
            self._send(exchange, answer)
        else:
            exchange.close_after()
            self._send(exchange, answer)
            if not (body.is_untouched and waits_for_word(exchange.environ)):
                self._drain(exchange)

    def _send(self, exchange: Exchange, answer: Iterable[bytes]) -> None:
        if _is_whole(answer):
            exchange.send_whole(_join(answer))
        else:
            self._stream(exchange, answer)

    def _stream(self, exchange: Exchange, answer: Iterable[bytes]) -> None:
        sender = StreamSender(exchange, answer, self._limits)
        self._watch_over(sender)
        sender.send()

    def _drain(self, exchange: Exchange) -> None:
        drain = Drain(exchange, self._limits)
        drain.on_end = partial(self._watch.remove, drain)
        self._watch.add(drain)
        drain.start()

    def _watch_over(self, sender: FileSender | StreamSender) -> None:
        sender.on_end = partial(self._watch.remove, sender)
        self._watch.add(sender)

    def _guard(self, exchange: Exchange, work: Callable[[Exchange], None]) -> None:
        """What failed on its way, before anything was sent, is a plain 500."""
        try:
            work(exchange)
        except Exception:
            log.exception("A request failed in the server.")
            exchange.refuse(HTTPStatus.INTERNAL_SERVER_ERROR, FAILED)

    def _drop(self, exchange: Exchange, answer: Any) -> None:
        _close(answer)
        exchange.refuse(HTTPStatus.SERVICE_UNAVAILABLE, STOPPING if self._is_stopping else BUSY, retry_after=1)

    def refuse_more(self) -> None:
        """What has not come whole is not going to be done."""
        self._is_stopping = True
        self._transfers.refuse_waiting()
        self._watch.end_all(SmallBody | Drain)

    def break_off(self) -> None:
        self._watch.end_all(object)


def _is_whole(answer: Any) -> bool:
    return type(answer) is list or getattr(answer, "streaming", True) is False


def _join(answer: Any) -> bytes:
    try:
        return b"".join(answer)
    finally:
        _close(answer)


def _close(answer: Any) -> None:
    close = getattr(answer, "close", None)
    if close is not None:
        close()
