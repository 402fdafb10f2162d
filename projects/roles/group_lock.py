"""No group is deleted while a list is changed that may name it.

Who changes a list has the project of the list locked, or its group; deleting a group takes projects, groups and the
entries that name them. In the midst of it each could wait for the other, so they do not begin at the same time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

_KEY = 0x67726F757073  # "groups": no other advisory lock has it
_is_held: ContextVar[bool] = ContextVar("is_held", default=False)


def keep_groups() -> None:
    """No group is deleted until the transaction ends. To be called before anything else is locked."""
    if not _is_held.get():
        _lock("pg_advisory_xact_lock_shared")


@contextmanager
def keep_groups_once() -> Iterator[None]:
    """Within a transaction: `keep_groups` for a block of several changes that would each call it, so that it takes one
    statement. Savepoints within the block may be rolled back; the lock is older."""
    keep_groups()
    token = _is_held.set(True)
    try:
        yield
    finally:
        _is_held.reset(token)


def await_keepers() -> None:
    """Wait for all who keep groups, and have others wait until the transaction ends. To be called before anything else
    is locked."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    """SQLite's writers queue by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_KEY])
