"""One fixed SQL text, prepared once per connection on PostgreSQL; the same text on SQLite (performance.md §2.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast, overload

import orjson
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

# PostgreSQL's words for JSON, and SQLite's. A list comes to SQLite as JSON.
_IN_SQLITE: list[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"unnest\(((?:%\(\w+\)s(?:, )?)+)\) AS (\w+)\(([\w, ]+)\)"), lambda found: _zip_lists(*found.groups())),
    (re.compile(r"\bjson_build_array\b"), "json_array"),
    (re.compile(r"\bjson_agg\b"), "json_group_array"),
    (re.compile(r"\bgreatest\b"), "max"),
    (re.compile(r"SELECT unnest\((%\(\w+\)s)\) AS (\w+)"), r"SELECT value AS \2 FROM json_each(\1)"),
    (re.compile(r"CAST\(('[^']*') AS jsonb\)"), r"\1"),
    # What tells one JSON value from others, shorter than itself.
    (re.compile(r"\bjsonb_hash_extended\(([\w.]+), 0\)"), r"\1"),
    (re.compile(r"= ANY\((%\(\w+\)s)\)"), r"IN (SELECT value FROM json_each(\1))"),
]


MAX_NAME = 63  # PostgreSQL cuts off the rest: two statements would be one


class PreparedStatement:
    """`text` names its parameters as `%(name)s`; `parameters` maps each to its PostgreSQL type."""

    def __init__(self, name: str, parameters: Mapping[str, str], text: str) -> None:
        assert len(name) <= MAX_NAME, name
        self.name = name
        positions = {parameter: f"${number}" for number, parameter in enumerate(parameters, start=1)}
        self._prepare = f"PREPARE {name}{_parenthesize(parameters.values())} AS {text % positions}"
        self._execute = f"EXECUTE {name}{_parenthesize(f'%({parameter})s' for parameter in parameters)}"

    def fetch_row(self, connection: BaseDatabaseWrapper, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The one row, or None. `connection`: to PostgreSQL."""
        if connection.connection is None or self._prepared_on(connection) is not connection.connection:
            self._prepare_on(connection)
        # Django's cursor, which logs and wraps each call, costs as much as the statement itself.
        is_watched = connection.queries_logged or connection.execute_wrappers or connection.needs_rollback
        maker = connection if is_watched else connection.connection
        with connection.wrap_database_errors, maker.cursor() as cursor:
            cursor.execute(self._execute, values)
            return cast("tuple[Any, ...] | None", cursor.fetchone())

    def _prepared_on(self, connection: BaseDatabaseWrapper) -> Any:
        """The raw connection it was prepared on: a prepared statement lives as long as that."""
        return connection.__dict__.setdefault("prepared_statements", {}).get(self.name)

    def _prepare_on(self, connection: BaseDatabaseWrapper) -> None:
        connection.ensure_connection()
        raw = connection.connection
        if self._prepared_on(connection) is not raw:
            with connection.wrap_database_errors:
                raw.cursor().execute(self._prepare)  # beside Django's cursor: it is no statement of the request
            connection.__dict__["prepared_statements"][self.name] = raw


class Prepared:
    """`SELECT columns source`, with parameters as of PreparedStatement. The row comes as one JSON array: the PostgreSQL
    adapter describes each column of each answer anew, which for thirty columns takes longer than all else it does.

    A list (`bigint[]`) is used as `= ANY(%(name)s)`, several of one length as the columns of
    `unnest(%(ids)s, %(names)s) AS given(id, name)`. Many rows are one as `json_agg(json_build_array(…))`, in no order.

    What JSON has no word for comes as text: moments and dates (`read_moment`), and JSON columns
    when cast to text. SQLite's booleans come as 0 and 1.
    """

    def __init__(self, name: str, parameters: Mapping[str, str], columns: str, source: str) -> None:
        self._statement = PreparedStatement(name, parameters, f"SELECT json_build_array({columns})::text {source}")
        self._sqlite = _in_sqlite(f"SELECT json_build_array({columns}) {source}")

    @property
    def name(self) -> str:
        return self._statement.name

    def fetch(self, values: Mapping[str, Any]) -> list[Any] | None:
        """The one row, or None."""
        # The thread's own connection: `django.db.connection` only stands for it, is shared by all threads, and looks it
        # up anew for each word.
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor == "postgresql":
            found = self._statement.fetch_row(connection, values)
        else:
            known = {
                name: orjson.dumps(value).decode() if isinstance(value, list) else value
                for name, value in values.items()
            }
            with connection.wrap_database_errors, connection.cursor() as cursor:
                cursor.execute(self._sqlite, known)
                found = cursor.fetchone()
        return None if found is None else cast(list[Any], orjson.loads(found[0]))


def _parenthesize(parts: Iterable[str]) -> str:
    """PostgreSQL takes no empty parentheses."""
    text = ", ".join(parts)
    return f" ({text})" if text else ""


def _zip_lists(lists: str, name: str, columns: str) -> str:
    """Lists of the same length as the columns of a table."""
    named = list(zip(lists.split(", "), columns.split(", "), strict=True))
    selected = ", ".join(f"{column}.value AS {column}" for _, column in named)
    (first, first_column), *others = named
    joins = " ".join(f"JOIN json_each({one}) {column} ON {column}.key = {first_column}.key" for one, column in others)
    return f"(SELECT {selected} FROM json_each({first}) {first_column} {joins}) {name}"  # noqa: S608 - our own words


def _in_sqlite(text: str) -> str:
    for word, of_sqlite in _IN_SQLITE:
        text = word.sub(of_sqlite, text)
    return text


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
