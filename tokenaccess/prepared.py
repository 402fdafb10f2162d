"""One fixed SQL text, prepared once per connection on PostgreSQL; the same text on SQLite (performance.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Prepared:
    """`sql` names its parameters as `%(name)s`; `parameters` maps each to its PostgreSQL type."""

    def __init__(self, name: str, parameters: Mapping[str, str], sql: str) -> None:
        self.name = name
        self.sql = sql
        positions = {parameter: f"${number}" for number, parameter in enumerate(parameters, start=1)}
        self._prepare = f"PREPARE {name} ({', '.join(parameters.values())}) AS {sql % positions}"
        self._execute = f"EXECUTE {name} ({', '.join(f'%({parameter})s' for parameter in parameters)})"

    def fetch(self, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The one row, or None."""
        # The thread's own connection: `django.db.connection` only stands for it, is shared by all threads, and looks it
        # up anew for each word.
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor != "postgresql":
            return self._fetch(connection.cursor(), self.sql, values)
        connection.ensure_connection()
        self._prepare_once(connection)
        if connection.queries_logged or connection.execute_wrappers or connection.needs_rollback:
            return self._fetch(connection.cursor(), self._execute, values)
        # Django's cursor, which logs and wraps each call, costs as much as the statement itself.
        with connection.wrap_database_errors:
            return self._fetch(connection.connection.cursor(), self._execute, values)

    @staticmethod
    def _fetch(cursor: Any, sql: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        with cursor:
            cursor.execute(sql, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    def _prepare_once(self, connection: BaseDatabaseWrapper) -> None:
        """A prepared statement lives as long as the connection it was prepared on."""
        raw = connection.connection
        known: dict[str, Any] = connection.__dict__.setdefault("prepared_statements", {})
        if known.get(self.name) is not raw:
            raw.cursor().execute(self._prepare)  # beside Django's cursor: it is no statement of the request
            known[self.name] = raw
