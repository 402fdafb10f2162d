"""One fixed SQL text, prepared once per connection on PostgreSQL; the same text on SQLite (performance.md).

The row comes as one JSON array. The PostgreSQL adapter describes each column of each answer anew, which for thirty
columns takes longer than everything else it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, overload

import orjson
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Prepared:
    """`SELECT columns source`, which name their parameters as `%(name)s`;
    `parameters` maps each to its PostgreSQL type.

    What JSON has no word for comes as text: moments and dates (`read_moment`), and JSON columns
    when cast to text. SQLite's booleans come as 0 and 1.
    """

    def __init__(self, name: str, parameters: Mapping[str, str], columns: str, source: str) -> None:
        self.name = name
        self._sqlite = f"SELECT json_array({columns}) {source}"
        positions = {parameter: f"${number}" for number, parameter in enumerate(parameters, start=1)}
        text = f"SELECT json_build_array({columns})::text {source}" % positions
        self._prepare = f"PREPARE {name} ({', '.join(parameters.values())}) AS {text}"
        self._execute = f"EXECUTE {name} ({', '.join(f'%({parameter})s' for parameter in parameters)})"

    def fetch(self, values: Mapping[str, Any]) -> list[Any] | None:
        """The one row, or None."""
        # The thread's own connection: `django.db.connection` only stands for it, is shared by all threads, and looks it
        # up anew for each word.
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor != "postgresql":
            return self._fetch(connection.cursor(), self._sqlite, values)
        if connection.connection is None or self._prepared_on(connection) is not connection.connection:
            self._prepare_on(connection)
        if connection.queries_logged or connection.execute_wrappers or connection.needs_rollback:
            return self._fetch(connection.cursor(), self._execute, values)
        # Django's cursor, which logs and wraps each call, costs as much as the statement itself.
        with connection.wrap_database_errors:
            return self._fetch(connection.connection.cursor(), self._execute, values)

    @staticmethod
    def _fetch(cursor: Any, sql: str, values: Mapping[str, Any]) -> list[Any] | None:
        with cursor:
            cursor.execute(sql, values)
            found = cursor.fetchone()
        if found is None:
            return None
        row: list[Any] = orjson.loads(found[0])
        return row

    def _prepared_on(self, connection: BaseDatabaseWrapper) -> Any:
        """The raw connection it was prepared on: a prepared statement lives as long as that."""
        return connection.__dict__.setdefault("prepared_statements", {}).get(self.name)

    def _prepare_on(self, connection: BaseDatabaseWrapper) -> None:
        connection.ensure_connection()
        raw = connection.connection
        if self._prepared_on(connection) is not raw:
            raw.cursor().execute(self._prepare)  # beside Django's cursor: it is no statement of the request
            connection.__dict__["prepared_statements"][self.name] = raw


@overload
def read_moment(text: str) -> datetime: ...
@overload
def read_moment(text: None) -> None: ...
def read_moment(text: str | None) -> datetime | None:
    """SQLite keeps moments without a time zone; they are UTC."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
