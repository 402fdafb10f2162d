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
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                self._prepare_once(connection)
                cursor.execute(self._execute, values)
            else:
                cursor.execute(self.sql, values)
            row: tuple[Any, ...] | None = cursor.fetchone()
        return row

    def _prepare_once(self, connection: BaseDatabaseWrapper) -> None:
        """A prepared statement lives as long as the connection it was prepared on."""
        raw = connection.connection
        known: dict[str, Any] = connection.__dict__.setdefault("prepared_statements", {})
        if known.get(self.name) is not raw:
            raw.cursor().execute(self._prepare)  # beside Django's cursor: it is no statement of the request
            known[self.name] = raw
