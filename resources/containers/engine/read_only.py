"""While the registry's disk is collected nobody pushes: the collection would take what a push has just brought.

A lock on a file says so to all processes of the server. It ends with whoever holds it, even one that is killed.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from django.conf import settings


def _lock_path() -> Path:
    return Path(settings.REGISTRY_DIR) / "read-only.lock"


@contextmanager
def read_only() -> Iterator[IO[Any]]:
    """From here on no token to push is given out. Yields the locked file, for a program that needs it as long. A second
    one waits for the first."""
    with _lock_path().open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def is_read_only() -> bool:
    try:
        with _lock_path().open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
