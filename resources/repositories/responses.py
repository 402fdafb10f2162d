"""Git's words as the body of an answer, sent on as they come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from itertools import chain

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from outages.kinds import outage_of
from resources.repositories.git import GitRun
from resources.repositories.refusals import text_response

log = logging.getLogger(__name__)

FLUSH = b"0000"
MESSAGES = b"\2"  # the band that a client shows as “remote: …”
NOTHING_STARTED = "The push is stored, but no pipeline was started."
GIT_FAILED = "Git could not make sense of the request.\n"


def git_response(
    run: GitRun,
    content_type: str,
    *,
    hello: bytes = b"",
    after: Callable[[], list[str]] | None = None,
    says_notices: Callable[[], bool] = lambda: False,
) -> HttpResponseBase:
    """`hello` goes before git's words; `after` is called once git has done its work, and its sentences are said to a
    client that `says_notices`.

    400 when git fails without a word: the request made no sense to it.
    """
    words = iter(run)
    first = next(words, b"")
    silent = not first and run.wait_failed()
    response: HttpResponseBase
    if silent:
        GitOutput(run, iter(()), after).close()
        response = text_response(400, GIT_FAILED)
    else:
        blocks = chain((block for block in (hello, first) if block), words)
        output = GitOutput(run, blocks, after, says_notices)
        response = StreamingHttpResponse(output, content_type=content_type)
    response["Cache-Control"] = "no-cache"
    return response


class GitOutput:
    """Blocks of an answer, with an end. Closed in the middle (the client is gone), a fetch is broken off; a push, which
    git has heard out by then, is finished.

    The packet that ends a push is held back until `after` has been called, so that the client still listens to its
    sentences, and what the push starts is there when it has ended.
    """

    def __init__(
        self,
        run: GitRun,
        blocks: Iterator[bytes],
        after: Callable[[], list[str]] | None,
        says_notices: Callable[[], bool] = lambda: False,
    ) -> None:
        self.run = run
        self.blocks = ((block, False) for block in blocks) if after is None else mark_end(blocks)
        self.after = after
        self.says_notices = says_notices
        self.has_ended = False
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        for block, is_end in self.blocks:
            return self._end_push(block) if is_end else block
        if not self.closed:
            self._wait()
        self.close()
        raise StopIteration

    def _wait(self) -> None:
        if not self.has_ended:
            self.run.wait_failed()
        self.has_ended = True

    def _end_push(self, end: bytes) -> bytes:
        self._wait()
        after, self.after = self.after, None
        sentences = self._call(after)
        return b"".join([*map(message, sentences), end]) if end == FLUSH else end

    def _call(self, after: Callable[[], list[str]] | None) -> list[str]:
        """What goes wrong afterwards does not make a failure of a push that is in."""
        try:
            sentences = after() if after is not None else []
        except Exception as error:
            log.exception("What follows a push failed")
            outage = outage_of(error)
            sentences = [] if outage is None else [f"{NOTHING_STARTED} {outage.what}."]
        return sentences if self.says_notices() else []

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        if self.after is not None:
            for _ in self.blocks:
                pass
            self._wait()
        self.run.close()
        self._call(self.after)


def mark_end(blocks: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The same bytes, the last four of them, which should be FLUSH, in a block of their own that is marked."""
    held = b""
    for block in blocks:
        held += block
        if len(held) > len(FLUSH):
            yield held[: -len(FLUSH)], False
            held = held[-len(FLUSH) :]
    if held:
        yield held, True


def message(sentence: str) -> bytes:
    """A packet in the side band; what does not fit into one is cut."""
    text = MESSAGES + f"GitLab: {sentence}\n".encode()[:60_000]
    return f"{len(text) + 4:04x}".encode() + text
