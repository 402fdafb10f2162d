"""What a client may take of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Per worker process.

    `small_body`: bytes that are collected before the request runs; more is read by the application, in a transfer
    thread. `unknown_body`: the same for requests that are hardly an upload, in a temporary file.
    `min_rate`: bytes per second that a client has to send or take, on the average of `window` seconds; 0: any.
    `address_share`: bodies and answers that one address may have waiting for it. Whoever waits for a client for less
    than `held_after` seconds does not count: everybody does.
    `transfer_threads`: long bodies and answers at a time; `transfer_share` of them for one address.
    `transfer_wait`: seconds that one more of them waits for its turn before it is refused.
    `drain`: seconds for which the rest of a body that was answered unread is thrown away before the connection ends.
    `tick`: seconds from one look at all of this to the next.
    """

    small_body: int = 256 * 1024
    unknown_body: int = 10 * 1024 * 1024
    min_rate: int = 512
    window: float = 30.0
    held_after: float = 2.0
    tick: float = 1.0
    address_share: int = 64
    transfer_threads: int = 16
    transfer_share: int = 8
    transfer_wait: float = 30.0
    drain: float = 5.0

    @property
    def window_bytes(self) -> float:
        return self.min_rate * self.window
