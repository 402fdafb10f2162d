"""Granian's futures without an event loop: what waits for one is called by the thread that completes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Callback = Callable[[Any], None]


class ImmediateLoop:
    """Stands in for asyncio's loop: callbacks run at once, in one of granian's threads."""

    def call_soon(self, callback: Callback, *arguments: Any, context: Any = None) -> None:
        callback(*arguments)

    call_soon_threadsafe = call_soon


def is_pending(outcome: Any) -> bool:
    """Whether it is a future whose moment is still to come; what granian could settle at once is none."""
    done = getattr(outcome, "done", None)
    return done is not None and not done()
