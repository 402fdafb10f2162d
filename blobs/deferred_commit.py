"""Commits a chunked upload only if the client is still connected when the response is sent.

A chunked body whose client died looks like one that ended: the WSGI server does not tell the two apart. Only a response
that cannot be delivered does. So the response goes out in blocks, blanks before the content, with the transaction still
open; if a block cannot be sent, the transaction is rolled back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from django.http import HttpResponse, StreamingHttpResponse

PADDING_BLOCKS = 3  # JSON may begin with blanks
PAUSE_SECONDS = 0.05  # for the end of the connection to be noticed


class ClientGone(Exception):
    """The client closed the connection before it had the response."""


def commit_when_delivered(
    response: HttpResponse, open_transaction: ExitStack, on_abort: Callable[[], object]
) -> StreamingHttpResponse:
    """`response` in blocks. `open_transaction` is closed once they are sent; if the client is gone, it is rolled back
    and `on_abort` is called."""
    body = DeferredBody(response.content, open_transaction, on_abort)
    return StreamingHttpResponse(body, status=response.status_code, headers=response.headers)


class DeferredBody:
    def __init__(self, content: bytes, open_transaction: ExitStack, on_abort: Callable[[], object]) -> None:
        self.content = content
        self.open_transaction = open_transaction
        self.on_abort = on_abort
        self.sent = 0
        self.is_finished = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self.is_finished:
            raise StopIteration
        if self.sent > 0:
            time.sleep(PAUSE_SECONDS)
        if self.sent < PADDING_BLOCKS:
            self.sent += 1
            return b" "
        self.is_finished = True
        self.open_transaction.close()
        return self.content

    def close(self) -> None:
        if not self.is_finished:
            self.is_finished = True
            gone = ClientGone()
            self.open_transaction.__exit__(ClientGone, gone, None)
            self.on_abort()
