"""What a request found was deleted before it was done: the row is gone, or the database takes none that names it.

No outage: what waits for one to end must not try this again. The log keeps its traceback, for a mistake of ours looks
the same.
"""

from __future__ import annotations

import sqlite3
from http import HTTPStatus

from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError

from outages.kinds import Outage

DELETED_MEANWHILE = Outage(
    HTTPStatus.CONFLICT,
    "Something that this needs was deleted at the same moment",
    "Nothing was stored; look whether it is still there.",
)

_POSTGRES_FOREIGN_KEY = "23503"


def conflict_of(error: BaseException | None) -> Outage | None:
    """None for any other error."""
    is_conflict = isinstance(error, ObjectDoesNotExist) or (isinstance(error, IntegrityError) and _names_none(error))
    return DELETED_MEANWHILE if is_conflict else None


def _names_none(error: IntegrityError) -> bool:
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
    return getattr(cause, "pgcode", None) == _POSTGRES_FOREIGN_KEY
