"""What many tests begin with, made once per test process and laid down again for each of them.

    stage = Replay(Cast, folder)
    cast = stage.again()

The first call runs the real services and takes down which rows and repositories they made; every call then writes the
same rows, with one statement per table, copies the repositories and hands back equal objects. Times move along to the
present.
"""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

Made = TypeVar("Made")


@dataclass(frozen=True)
class Table:
    """The rows of one table: an INSERT and its values; those that are times are still datetimes."""

    insert: str
    values: list[Any]

    @classmethod
    def of(cls, rows: list[models.Model]) -> Table:
        fields = [field for field in rows[0]._meta.concrete_fields if not field.generated]
        name = connection.ops.quote_name(rows[0]._meta.db_table)
        columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
        row = f"({', '.join(['%s'] * len(fields))})"
        insert = f"INSERT INTO {name} ({columns}) VALUES {', '.join([row] * len(rows))}"
        return cls(insert, [_prepare(field, getattr(row, field.attname)) for row in rows for field in fields])

    def write(self, shift: timedelta) -> None:
        adapt = connection.ops.adapt_datetimefield_value
        values = [adapt(value + shift) if isinstance(value, datetime) else value for value in self.values]
        with connection.cursor() as cursor:
            cursor.execute(self.insert, values)


def _prepare(field: models.Field[Any, Any], value: Any) -> Any:
    return value if isinstance(value, datetime) else field.get_db_prep_save(value, connection)


class Recording:
    """What `make` makes, made once and undone: the ids it took are given to nothing else."""

    def __init__(self, make: Callable[[], object], folder: Path) -> None:
        self.folder = folder
        known = _all_rows()
        with transaction.atomic():
            _begin_ids_apart()
            made = make()
            found = {model: [row for row in rows if row not in known[model]] for model, rows in _all_rows().items()}
            self.tables = [Table.of(rows) for rows in found.values() if rows]
            self.state = pickle.dumps(made)
            transaction.set_rollback(True)
        self.at = timezone.now()
        self.permission = _first_permission()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.move(settings.REPOSITORIES_DIR, folder)

    @property
    def fits(self) -> bool:
        """After a test that emptied the database Django has made its permissions anew; the rows name the old ones."""
        return _first_permission() == self.permission

    def play(self) -> Any:
        shift = timezone.now() - self.at
        with transaction.atomic():
            for table in self.tables:
                table.write(shift)
        shutil.copytree(self.folder, settings.REPOSITORIES_DIR, dirs_exist_ok=True)
        made = pickle.loads(self.state)
        for part in vars(made).values():
            if isinstance(part, models.Model):
                _move(part, shift)
        return made


class Replay(Generic[Made]):
    """Of what `make` makes, with rows in the database and repositories on the disk; `folder` keeps the latter."""

    def __init__(self, make: Callable[[], Made], folder: Path) -> None:
        self.make = make
        self.folder = folder
        self.recording: Recording | None = None

    def again(self) -> Made:
        if self.recording is None or not self.recording.fits:
            self.recording = Recording(self.make, self.folder)
        made: Made = self.recording.play()
        return made


def _models() -> list[type[models.Model]]:
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def _all_rows() -> dict[type[models.Model], list[models.Model]]:
    return {model: list(model._base_manager.all()) for model in _models()}


def _first_permission() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT MIN(id) FROM auth_permission")
        first: int | None = cursor.fetchone()[0]
        return first


def _begin_ids_apart() -> None:
    """Each table counts from a thousand of its own: no person has the id of a project by chance, and no row that a test
    made before has one of the recording.
    """
    tables = [model._meta.db_table for model in _models() if isinstance(model._meta.pk, models.AutoField)]
    with connection.cursor() as cursor:
        for thousand, table in enumerate(tables, 1):
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, thousand * 1000])
            else:  # never backwards: what a rolled back test has taken is not given again either
                cursor.execute(
                    "SELECT setval(ids, GREATEST(nextval(ids), %s)) FROM pg_get_serial_sequence(%s, 'id') AS ids",
                    [thousand * 1000, table],
                )


def _move(row: models.Model, shift: timedelta) -> None:
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if isinstance(value, datetime):
            setattr(row, field.attname, value + shift)
