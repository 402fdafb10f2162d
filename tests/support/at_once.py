"""Several changes at the same moment, each in a thread and with a connection of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connections


def at_once(*changes: Callable[[], Any]) -> tuple[list[Any], list[Exception]]:
    """Starts all together and waits for them: what they gave, and what they raised, in no order."""
    start, given, failed = threading.Barrier(len(changes)), list[Any](), list[Exception]()

    def run(change: Callable[[], Any]) -> None:
        try:
            start.wait(timeout=30)
            given.append(change())
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return given, failed
