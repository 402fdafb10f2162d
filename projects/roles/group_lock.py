"""No group is deleted while a list is changed that may name it.

Who changes a list has the project of the list locked, or its group; deleting a group takes projects, groups and the
entries that name them. In the midst of it each could wait for the other, so they do not begin at the same time.
"""

from __future__ import annotations

from django.db import connection

_KEY = 0x67726F757073  # "groups": no other advisory lock has it


def keep_groups() -> None:
    """No group is deleted until the transaction ends. To be called before anything else is locked."""
    _lock("pg_advisory_xact_lock_shared")


def await_keepers() -> None:
    """Wait for all who keep groups, and have others wait until the transaction ends. To be called before anything else
    is locked."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    """SQLite's writers queue by themselves."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [_KEY])
