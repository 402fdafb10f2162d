"""Git's words as the body of an answer, sent on as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from resources.repositories.git import GitRun
from resources.repositories.refusals import text

NO_SENSE = "Git could not make sense of the request.\n"


def answer(
    run: GitRun, content_type: str, *, hello: bytes = b"", after: Callable[[], None] | None = None
) -> HttpResponseBase:
    """`hello` goes before git's words; `after` is called once git has done its work.

    400 when git fails without a word: the request made no sense to it.
    """
    words = iter(run)
    first = next(words, b"")
    silent = not first and run.failed()
    response: HttpResponseBase
    if silent:
        Output(run, iter(()), after).close()
        response = text(400, NO_SENSE)
    else:
        blocks = chain((block for block in (hello, first) if block), words)
        response = StreamingHttpResponse(Output(run, blocks, after), content_type=content_type)
    response["Cache-Control"] = "no-cache"
    return response


class Output:
    """Blocks of an answer, with an end. Closed in the middle (the client is gone), a fetch is broken off; a push, which
    git has heard out by then, is finished."""

    def __init__(self, run: GitRun, blocks: Iterator[bytes], after: Callable[[], None] | None) -> None:
        self.run = run
        self.blocks = blocks
        self.after = after
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        for block in self.blocks:
            return block
        if not self.closed:
            self.run.failed()
        self.close()
        raise StopIteration

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self.after is not None:
            for _ in self.blocks:
                pass
            self.run.failed()
        self.run.close()
        if self.after is not None:
            self.after()
