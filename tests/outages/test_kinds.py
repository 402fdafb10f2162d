"""Which errors are an outage, of those that can be had without one. The others: tests/faults."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg2.errors
import pygit2
import pytest
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError

from outages.kinds import DATABASE_AWAY, DATABASE_BUSY, DATABASE_FULL, NO_SPACE, Outage, outage_of

pytestmark = pytest.mark.pure


def with_cause(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "outage"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), NO_SPACE),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), NO_SPACE),
        (OSError("failed to write out file: No space left on device"), NO_SPACE),
        (pygit2.GitError("failed to initialize repository: No space left on device"), NO_SPACE),
        (with_cause(ValueError("later"), OSError(errno.ENOSPC, "full")), NO_SPACE),
        (OSError(errno.ENOENT, "No space left on device"), None),
        (ValueError("No space left on device"), None),
        (InterfaceError("connection already closed"), DATABASE_AWAY),
        (
            with_cause(OperationalError("gone"), psycopg2.OperationalError("server closed the connection")),
            DATABASE_AWAY,
        ),
        (with_cause(DatabaseError("gone"), psycopg2.DatabaseError("server closed the connection")), DATABASE_AWAY),
        (DatabaseError("Save with update_fields did not affect any rows."), None),
        (with_cause(DatabaseError("damaged"), sqlite3.DatabaseError("database disk image is malformed")), None),
        (ProgrammingError("no such column"), None),
        (None, None),
    ],
)
def test_which_errors_are_an_outage(error: Exception | None, outage: Outage | None):
    assert outage_of(error) is outage


@pytest.mark.parametrize(
    ("code", "outage"),
    [("53100", DATABASE_FULL), ("40P01", DATABASE_BUSY), ("55P03", DATABASE_BUSY), ("57P01", DATABASE_AWAY)],
)
def test_postgres_says_by_a_code_what_is_wrong(code: str, outage: Outage):
    """A class of its own each; the code itself cannot be set."""

    class Coded(psycopg2.errors.lookup(code)):  # type: ignore[misc]
        pgcode = code

    assert outage_of(with_cause(OperationalError("x"), Coded("x"))) is outage


def fault_of(statement: str, path: Path, *, before: str = "") -> Exception:
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute(before or "SELECT 1")
        with pytest.raises(sqlite3.Error) as caught:
            connection.execute(statement)
        return with_cause(OperationalError(str(caught.value)), caught.value)


def test_sqlite_is_full_busy_or_cannot_be_opened(tmp_path: Path):
    path = tmp_path / "some.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE words (word TEXT)")
        full = fault_of("INSERT INTO words VALUES (zeroblob(100000))", path, before="PRAGMA max_page_count = 2")
        assert outage_of(full) is DATABASE_FULL
        other.execute("BEGIN IMMEDIATE")
        assert outage_of(fault_of("INSERT INTO words VALUES ('a')", path)) is DATABASE_BUSY
    with pytest.raises(sqlite3.OperationalError) as caught:
        sqlite3.connect(tmp_path / "nowhere" / "some.sqlite3")
    assert outage_of(with_cause(OperationalError("x"), caught.value)) is DATABASE_AWAY


def test_a_mistake_in_a_statement_is_no_outage(tmp_path: Path):
    """SQLite makes no difference between it and an outage but by its number."""
    assert outage_of(fault_of("SELECT nothing", tmp_path / "some.sqlite3")) is None
