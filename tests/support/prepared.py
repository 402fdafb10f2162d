"""What a first start takes most of its time for, done beforehand: a migrated database and the static files.

A test that is about something else copies them, and its server starts in a moment. The start from nothing has tests of
its own: tests/config/test_serve.py and tests/contract/test_walkthrough.py.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
from django.conf import settings
from django.db import connection

# Not the setting: programs without Django's settings import this, and a test may have it changed beside migrations.
BASE_DIR = Path(__file__).resolve().parent.parent.parent
COLLECT = "from config import statics; statics.collect()"


@dataclass(frozen=True)
class Prepared:
    """`database`: on SQLite a file, on PostgreSQL the name of one that nobody is connected to; "" when there is none.
    `static`: a folder.
    """

    database: str
    static: Path

    def put(self, data: Path) -> None:
        """Into the data folder of a server. The static files are linked, not copied: nobody writes into them."""
        shutil.copytree(self.static, data / "static", copy_function=os.link)
        if Path(self.database).is_file():
            shutil.copy(self.database, data / "tokenaccess.sqlite3")


@contextmanager
def postgres_database(name: str, template: str = "") -> Iterator[str]:
    """A database beside that of DATABASE_URL, and its URL; dropped at the end."""
    _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"')
    try:
        yield _url_of(name)
    finally:
        _on_server(f'DROP DATABASE "{name}" WITH (FORCE)')


def _url_of(database: str) -> str:
    return urllib.parse.urlunsplit(urllib.parse.urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _on_server(*statements: str) -> None:
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def migrate_database(folder: Path, environment: dict[str, str]) -> str:
    """A database with every table and no rows but the migrations' own, as `Prepared.database`. Made once for all test
    processes of a run; on a PostgreSQL server that stays it stays too, and the next run replaces it."""
    with _first_of_a_run(folder) as is_first:
        if connection.vendor == "sqlite":
            name = str(folder / "tokenaccess.sqlite3")
        else:
            name = f"test_{settings.DATABASES['default']['NAME']}_migrated"
            environment = environment | {"DATABASE_URL": _url_of(name)}
        if is_first:
            if connection.vendor != "sqlite":
                _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
            _manage(folder, environment, "migrate", "-v0")
    return name


def collect_static_files(folder: Path, environment: dict[str, str]) -> Path:
    """The static files, collected as a start does it."""
    with _first_of_a_run(folder) as is_first:
        if is_first:
            _manage(folder, environment, "shell", "-v0", "-c", COLLECT)
    return folder / "static"


@contextmanager
def _first_of_a_run(folder: Path) -> Iterator[bool]:
    """Whether this test process comes first; the others wait for it."""
    folder.mkdir(exist_ok=True)
    done = folder / "done"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not done.exists()
        done.touch()


def _manage(data: Path, environment: dict[str, str], *command: str) -> None:
    environment = environment | {"TOKENACCESS_DATA_DIR": str(data)}
    subprocess.run([sys.executable, "manage.py", *command], cwd=BASE_DIR, env=environment, check=True)
