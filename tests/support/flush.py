"""How the database is emptied after a test that commits.

Django truncates every table, which takes PostgreSQL a sixth of a second, and then makes the content types and
permissions anew. They are all that migrations leave in the database, so they stay here, with their ids; the rest is
deleted, as on SQLite.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from django.db.backends.base.operations import BaseDatabaseOperations

KEPT = {ContentType._meta.db_table, Permission._meta.db_table}


def sql_flush(self: BaseDatabaseOperations, style: Any, tables: Iterable[str], **options: Any) -> list[str]:
    """Foreign keys are looked at when the transaction ends, so the order is any."""
    deletions = [f"DELETE FROM {self.quote_name(table)}" for table in tables if table not in KEPT]
    return ["; ".join(deletions)] if self.connection.vendor == "postgresql" else deletions


def install(patch: pytest.MonkeyPatch, operations: BaseDatabaseOperations) -> None:
    patch.setattr(type(operations), "sql_flush", sql_flush)
    patch.setattr(flush, "emit_post_migrate_signal", lambda *arguments, **options: None)
