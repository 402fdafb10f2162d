"""Writes many rows fast: COPY on PostgreSQL, executemany on SQLite."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any

from django.db import DatabaseError, connection, models, transaction

Row = tuple[Any, ...]


class Table:
    """`Table(Job, "id", "project_id", status="running")`: the named columns vary from row to row, the given values are
    the same in every row, and any other column has its model's default."""

    def __init__(self, model: type[models.Model], *varying: str, **constant: Any) -> None:
        self.model = model
        template = model(**constant)
        others = [field for field in model._meta.concrete_fields if field.attname not in varying]
        fixed = [field for field in others if not isinstance(field, models.AutoField)]
        by_name = {field.attname: field for field in model._meta.concrete_fields}
        self.columns = [str(by_name[name].column) for name in varying] + [str(field.column) for field in fixed]
        self.fixed = tuple(_plain(field, template) for field in fixed)

    def fill(self, rows: Iterable[Row]) -> None:
        """`rows`: the varying columns' values, in their order."""
        names = ", ".join(f'"{column}"' for column in self.columns)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                lines = _Lines(_line(row) + _tail(self.fixed) for row in rows)
                cursor.copy_expert(f'COPY "{self.model._meta.db_table}" ({names}) FROM STDIN', lines)
                self._count_on(cursor)
            else:
                places = ", ".join(["%s"] * len(self.columns))
                insert = f'INSERT INTO "{self.model._meta.db_table}" ({names}) VALUES ({places})'
                rest = iter(rows)
                while block := [(*map(_simple, row), *self.fixed) for row in islice(rest, 2000)]:
                    cursor.executemany(insert, block)

    def _count_on(self, cursor: Any) -> None:
        """New rows come after these. The counter never goes back, as Django's own reset may: what it has given away can
        be in use by a transaction that is not over."""
        key, table = self.model._meta.pk, self.model._meta.db_table
        if isinstance(key, models.AutoField):
            highest = f'GREATEST(nextval(ids), (SELECT MAX("{key.column}") FROM "{table}"))'
            cursor.execute(
                f"SELECT setval(ids, {highest}) FROM pg_get_serial_sequence(%s, %s) ids", [table, key.column]
            )


def _plain(field: models.Field[Any, Any], template: models.Model) -> Any:
    dated = getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False)
    value = field.pre_save(template, True) if dated else getattr(template, field.attname)
    return json.dumps(value) if isinstance(field, models.JSONField) else _simple(value)


def _simple(value: Any) -> Any:
    return (
        value.isoformat(" ") if isinstance(value, datetime) else value.isoformat() if isinstance(value, date) else value
    )


def _line(row: Row) -> str:
    return "\t".join(map(_text, row))


def _tail(row: Row) -> str:
    return "".join("\t" + _text(value) for value in row) + "\n"


def _text(value: Any) -> str:
    """As COPY reads it."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n")


class _Lines(io.TextIOBase):
    """A file that is made as it is read, some thousand lines at a time."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.lines = lines
        self.rest = ""

    def read(self, size: int | None = -1) -> str:
        while size is None or size < 0 or len(self.rest) < size:
            block = "".join(islice(self.lines, 2000))
            if not block:
                break
            self.rest += block
        cut = len(self.rest) if size is None or size < 0 else size
        block, self.rest = self.rest[:cut], self.rest[cut:]
        return block


@contextmanager
def without_foreign_key_checks() -> Iterator[None]:
    """One transaction in which PostgreSQL does not look up each foreign key, where we are allowed to say so."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            try:
                with transaction.atomic(), connection.cursor() as cursor:
                    cursor.execute("SET LOCAL session_replication_role = replica")
            except DatabaseError:
                pass  # only a superuser may; without, it only takes longer
        yield


def analyze() -> None:
    """Tells the planner what is there now."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
