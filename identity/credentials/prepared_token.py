"""The row of a token and that of its user, by a statement that is prepared once per connection on PostgreSQL.

The ORM writes the statement, once; writing it anew takes as long as all else that a small read does
(docs/benchmark.md). On SQLite the ORM answers.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models

from identity.models import User
from tokenaccess.access.sql.prepared import PreparedStatement

Reader = Callable[[Any, Any, Any], Any]


class PreparedToken:
    """Of a `model` whose `for_authentication` loads the `user` with it and nothing else."""

    def __init__(self, model: type[models.Model]) -> None:
        self._model: Any = model
        self._fields = _readers(model)
        self._user_fields = _readers(User)

    def find(self, digest: str) -> Any:
        """The token, or None. One statement."""
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor != "postgresql":
            return self._rows.filter(digest=digest).first()
        row = self._statement.fetch_row(connection, {"digest": digest})
        return None if row is None else self._build(row, connection)

    @cached_property
    def _rows(self) -> models.QuerySet[Any]:
        rows: models.QuerySet[Any] = self._model.for_authentication().order_by()
        return rows

    @cached_property
    def _statement(self) -> PreparedStatement:
        sql, _ = self._rows.filter(digest="").query.sql_with_params()
        return PreparedStatement(f"{self._model._meta.db_table}_by_digest", {"digest": "text"}, sql % "%(digest)s")

    def _build(self, row: tuple[Any, ...], connection: Any) -> Any:
        """As the ORM would: the columns of the token come first, in the order of its model, and then the user's."""
        own = len(self._fields)
        token = _instance(self._model, self._fields, row[:own], connection)
        token.user = _instance(User, self._user_fields, row[own:], connection)
        return token


def _readers(model: type[models.Model]) -> list[tuple[str, Reader | None]]:
    """Of each column: its attribute, and what makes a value of what the database holds, if that is another."""
    return [(field.attname, getattr(field, "from_db_value", None)) for field in model._meta.concrete_fields]


def _instance(model: Any, readers: list[tuple[str, Reader | None]], row: tuple[Any, ...], connection: Any) -> Any:
    values = [
        value if read is None else read(value, None, connection) for value, (_, read) in zip(row, readers, strict=True)
    ]
    return model.from_db(DEFAULT_DB_ALIAS, [name for name, _ in readers], values)
