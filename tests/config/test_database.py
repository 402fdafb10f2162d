"""What the settings ask of the database."""

from __future__ import annotations

import pytest
from django.db import connection

FULL = 2  # as SQLite's documentation of `PRAGMA synchronous` numbers them


@pytest.mark.once
@pytest.mark.may_skip
@pytest.mark.django_db
def test_what_sqlite_has_committed_is_on_the_disk() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("what PostgreSQL has committed is a setting of its server")
    with connection.cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA synchronous").fetchone() == (FULL,)
