"""What has come of a body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.exchange import Exchange

TOO_SLOW = "The body of the request came too slowly."
ENDED_EARLY = "The request ended too early."
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

    def drop(self) -> None:
        """Nothing more is going to be received. Whoever still has this, such as the garbage of a request, does not keep
        what granian has of the body: until that is gone, nothing else comes over the connection."""
        self.receive = _nothing  # which is what a client that went away looks like, too
