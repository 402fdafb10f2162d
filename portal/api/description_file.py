"""The API's description as a file in the data folder: describing takes seconds, which nobody waits for.

A file is of one state of the code, which its name says. The server makes the one that is missing beside its workers
(config.management.serving), so that none of them has to and none keeps in memory what only describing needs.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import orjson
from django.conf import settings


def read_description() -> bytes:
    """OpenAPI as JSON; made first where there is no file yet."""
    with suppress(FileNotFoundError):
        return _path().read_bytes()
    return _write()


def ensure_description() -> None:
    """Makes the file if it is missing, and removes those of other states of the code."""
    if not _path().exists():
        _write()
    for other in _folder().glob("*.json"):
        if other != _path():
            other.unlink(missing_ok=True)


def _write() -> bytes:
    from portal.api.openapi import document  # only who describes loads what it takes

    content = orjson.dumps(document())
    _folder().mkdir(exist_ok=True)
    temporary = _folder() / f".{os.getpid()}"
    temporary.write_bytes(content)
    os.replace(temporary, _path())
    return content


def _folder() -> Path:
    return Path(settings.DATA_DIR) / "api-description"


def _path() -> Path:
    return _folder() / f"{state_of_code()}.json"


@cache
def state_of_code() -> str:
    """Other whenever a module, or the version of a package, may be: their names, sizes and times. Looked up once in a
    process; the workers have it from the one that forks them."""
    root = Path(settings.BASE_DIR)
    modules = (path for folder in root.iterdir() if (folder / "__init__.py").exists() for path in folder.rglob("*.py"))
    seen = hashlib.sha256()
    for path in sorted([*modules, root / "constraints.txt"]):
        about = path.stat()
        seen.update(f"{path.relative_to(root)} {about.st_size} {about.st_mtime_ns}\n".encode())
    return seen.hexdigest()[:16]
