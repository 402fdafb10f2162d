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
def copy_of_test_database(folder: Path) -> Iterator[str]:
    """Of the one that the tests of this process will use, made while it is fresh: `Prepared.database`."""
    name = connection.settings_dict["NAME"]
    if name != connection.settings_dict["TEST"]["NAME"]:  # no chosen test uses one, and what is there is somebody's own
        yield ""
    elif connection.vendor == "sqlite":
        copy = str(folder / "migrated.sqlite3")
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [copy])
        yield copy
    else:
        connection.close()  # PostgreSQL copies only what nobody uses
        with postgres_database(f"{name}_migrated", template=name):
            yield f"{name}_migrated"


@contextmanager
def postgres_database(name: str, template: str = "") -> Iterator[str]:
    """A database beside that of DATABASE_URL, and its URL; dropped at the end."""
    url = os.environ["DATABASE_URL"]
    with closing(psycopg2.connect(url)) as server:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template or "template1"}"')
            try:
                yield urllib.parse.urlunsplit(urllib.parse.urlsplit(url)._replace(path=f"/{name}"))
            finally:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def collected(folder: Path, environment: dict[str, str]) -> Path:
    """The static files, collected as a start does it by whichever test process comes first; the others wait for it."""
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "static").exists():
            subprocess.run(
                [sys.executable, "manage.py", "shell", "-v0", "-c", COLLECT],
                cwd=settings.BASE_DIR,
                env=environment | {"TOKENACCESS_DATA_DIR": str(folder)},
                check=True,
            )
    return folder / "static"
