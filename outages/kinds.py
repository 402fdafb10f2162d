"""Which errors are an outage: nobody's mistake, over by itself or by an administrator's hand, and worth another try."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from django.db.utils import DatabaseError, InterfaceError, OperationalError


@dataclass(frozen=True, slots=True)
class Outage:
    """`what` is wrong, and `advice`, for people and for the last line of a client's log."""

    status: HTTPStatus
    what: str
    advice: str
    headers: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def sentence(self) -> str:
        return f"{self.what}. {self.advice}"

    @property
    def line(self) -> str:
        """`503 Service Unavailable`."""
        return f"{self.status.value} {self.status.phrase}"


_507, _503 = HTTPStatus.INSUFFICIENT_STORAGE, HTTPStatus.SERVICE_UNAVAILABLE
_RETRY = {"Retry-After": "5"}  # seconds
NO_SPACE = Outage(_507, "The server's disk is full", "Nothing was stored; try again when there is room.")
DATABASE_FULL = Outage(_503, "The database has no space left", "Nothing was stored; try again later.", _RETRY)
DATABASE_BUSY = Outage(_503, "The database is busy", "Nothing was stored; try again in a moment.", _RETRY)
DATABASE_AWAY = Outage(_503, "The database cannot be reached", "Try again in a moment.", _RETRY)

MIN_FREE_BYTES = 1024 * 1024

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# As git and libgit2 write it, which do not hand the number on.
_FULL_WORDS = tuple(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT))
_LIBGIT2 = "_pygit2"
_SQLITE = {
    sqlite3.SQLITE_FULL: DATABASE_FULL,
    sqlite3.SQLITE_BUSY: DATABASE_BUSY,
    sqlite3.SQLITE_LOCKED: DATABASE_BUSY,
    sqlite3.SQLITE_IOERR: DATABASE_AWAY,
    sqlite3.SQLITE_CANTOPEN: DATABASE_AWAY,
}
_POSTGRES_FULL = "53100"
_POSTGRES_BUSY = ("40", "55", "57014")  # deadlock or serialization, lock not available, canceled


def outage_of(error: BaseException | None) -> Outage | None:
    """None for any other error. What led to an error counts as well."""
    return next((outage for one in _chain(error) if (outage := _outage(one)) is not None), None)


def names_full_disk(text: str) -> bool:
    """Whether that is how a program complains about a full disk."""
    return any(words in text for words in _FULL_WORDS)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _outage(error: BaseException) -> Outage | None:
    if isinstance(error, DatabaseError | InterfaceError):
        return _of_database(error)
    if isinstance(error, OSError) and error.errno is not None:
        return NO_SPACE if error.errno in _FULL else None
    by_message = isinstance(error, OSError) or type(error).__module__ == _LIBGIT2
    return NO_SPACE if by_message and names_full_disk(str(error)) else None


def _of_database(error: DatabaseError | InterfaceError) -> Outage | None:
    """On SQLite a mistake in a statement is an OperationalError too; psycopg2 has a plain DatabaseError, without a
    code, for a connection that broke off in a statement."""
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)  # the lowest byte of an extended code
    code = getattr(cause, "pgcode", None)
    if not isinstance(error, OperationalError | InterfaceError):
        return DATABASE_AWAY if type(error) is DatabaseError and cause is not None and code is None else None
    if code == _POSTGRES_FULL:
        return DATABASE_FULL
    return DATABASE_BUSY if code is not None and code.startswith(_POSTGRES_BUSY) else DATABASE_AWAY


def require_room(folder: Path) -> None:
    """Raise the error of a full disk before anything is begun there that would fail for certain."""
    disk = os.statvfs(folder)
    if disk.f_bavail * disk.f_frsize < MIN_FREE_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
