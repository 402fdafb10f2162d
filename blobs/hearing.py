"""The answer to a chunked upload: the upload counts once somebody is there to hear so.

A chunked body whose client died looks to us like one that ended: the server in front of us does not tell the two
apart. Only an answer that cannot be delivered does. So the answer goes out in pieces, blanks before the words, with the
transaction still open; when a piece cannot be sent, the upload is taken back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from django.http import HttpResponse, StreamingHttpResponse

BLANKS = 3  # JSON may begin with blanks
PAUSE = 0.05  # seconds for the news of a dead client to arrive


class Unheard(Exception):
    """Nobody is there to hear the answer."""


def once_heard(
    response: HttpResponse, open_transaction: ExitStack, undone: Callable[[], object]
) -> StreamingHttpResponse:
    """`response` in pieces. `open_transaction` is closed when it is heard, else left with an error; then `undone` is
    called."""
    pieces = Pieces(response.content, open_transaction, undone)
    return StreamingHttpResponse(pieces, status=response.status_code, headers=response.headers)


class Pieces:
    def __init__(self, words: bytes, open_transaction: ExitStack, undone: Callable[[], object]) -> None:
        self.words = words
        self.open_transaction = open_transaction
        self.undone = undone
        self.sent = 0
        self.settled = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self.settled:
            raise StopIteration
        if self.sent > 0:
            time.sleep(PAUSE)
        if self.sent < BLANKS:
            self.sent += 1
            return b" "
        self.settled = True
        self.open_transaction.close()
        return self.words

    def close(self) -> None:
        if not self.settled:
            self.settled = True
            gone = Unheard()
            self.open_transaction.__exit__(Unheard, gone, None)
            self.undone()
