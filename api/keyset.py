"""Pages that go on from the last row of the page before: `pagination=keyset`, and the rest by following `Link`.

A list takes part when its order is one of plain columns that are never null; the id settles ties. However far one
reads, each page costs the same, and rows that come or go meanwhile are neither skipped nor told twice.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Field, Q, QuerySet

from api.rest import ApiError

MAX_CURSOR = 4096
UNAVAILABLE = "Keyset pagination is not yet available for this type of request"


class Column(NamedTuple):
    field: Field[Any, Any]
    descending: bool

    @property
    def name(self) -> str:
        return f"{'-' if self.descending else ''}{self.field.attname}"


def columns_of(rows: Any) -> list[Column] | None:
    """What a list is ordered by, down to its id; None if it cannot be read on from a row."""
    if not isinstance(rows, QuerySet) or rows.query.combinator or rows.query.distinct or rows.query.is_sliced:
        return None
    order = rows.query.order_by or rows.model._meta.ordering
    columns: list[Column] = []
    for word in order:
        column = _column(rows, word)
        if column is None:
            return None
        if column.field not in [known.field for known in columns]:
            columns.append(column)
    key = rows.model._meta.pk
    if key not in [column.field for column in columns]:
        columns.append(Column(key, bool(columns) and columns[-1].descending))
    return columns


def _column(rows: QuerySet[Any], word: Any) -> Column | None:
    if not isinstance(word, str) or rows.query.annotations.get(word.lstrip("-")) is not None:
        return None
    name = word.lstrip("-")
    try:
        field = rows.model._meta.pk if name == "pk" else rows.model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    plain = isinstance(field, Field) and field.concrete and not field.null and not field.is_relation
    return Column(field, word.startswith("-")) if plain else None


def read_page(rows: Any, cursor: str, per_page: int) -> tuple[list[Any], str]:
    """The rows behind `cursor` ("": from the start) and the cursor of the next page, "" at the end. Raises ApiError."""
    columns = columns_of(rows)
    if columns is None:
        raise ApiError(405, {"error": UNAVAILABLE})
    if cursor:
        rows = rows.filter(_behind(columns, _read(columns, cursor)))
    found = list(rows.order_by(*(column.name for column in columns))[: per_page + 1])
    if len(found) <= per_page:
        return found, ""
    return found[:per_page], _write(columns, found[per_page - 1])


def _behind(columns: list[Column], values: list[Any]) -> Q:
    """`(a, b) > (x, y)` written out, each column in its own direction."""
    condition, same = Q(), Q()
    for column, value in zip(columns, values, strict=True):
        name = column.field.attname
        condition |= same & Q(**{f"{name}__{'lt' if column.descending else 'gt'}": value})
        same &= Q(**{name: value})
    return condition


def _write(columns: list[Column], row: Any) -> str:
    names = [column.field.attname for column in columns]
    values = [row[name] if isinstance(row, dict) else getattr(row, name) for name in names]
    return base64.urlsafe_b64encode(orjson.dumps([[column.name for column in columns], values], default=str)).decode()


def _read(columns: list[Column], cursor: str) -> list[Any]:
    try:
        names, values = orjson.loads(base64.urlsafe_b64decode(cursor[:MAX_CURSOR].encode("ascii")))
        if names != [column.name for column in columns] or len(values) != len(columns):
            raise ValueError
        return [_value(column, value) for column, value in zip(columns, values, strict=True)]
    except (ValueError, TypeError, OverflowError, binascii.Error, ValidationError):
        raise ApiError(400, {"error": "cursor is invalid"}) from None


def _value(column: Column, given: Any) -> Any:
    """Raises ValueError, OverflowError (of a moment that no year of UTC holds), ValidationError."""
    value = column.field.to_python(given)
    if value is None or "\0" in str(value):
        raise ValueError
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError
        return value.astimezone(UTC)
    return value
