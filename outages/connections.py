"""Finds out for a kept connection to PostgreSQL whether the server has closed it, before a request fails on it."""

from __future__ import annotations

import select
import threading
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.connection = connections[DEFAULT_DB_ALIAS]
        self.watched: Any = None
        self.poll = select.poll()


_of_thread = _OfThread()


def close_if_lost() -> None:
    """To be called between two requests, when nothing is under way: whatever there is to read on the connection then is
    its end. Half a microsecond; Django's own health check is a statement (performance.md §2.3)."""
    here = _of_thread
    raw = here.connection.connection
    if raw is None:
        return
    if raw is not here.watched:
        _watch(here, raw)
    if here.poll.poll(0):
        here.connection.close()


def _watch(here: _OfThread, raw: Any) -> None:
    here.watched, here.poll = raw, select.poll()
    if not raw.closed:
        here.poll.register(raw.fileno(), select.POLLIN)
