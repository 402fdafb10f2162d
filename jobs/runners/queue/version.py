"""The version of the queue: a runner that has seen the current one gets "no job" without a query (runner.md §2.2).

It is stored in a small file, which all server processes share. A version also expires after a minute, so that a lost
bump (a process that died between commit and bump) delays a job by no more than that.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Collection
from pathlib import Path

from django.conf import settings
from django.db import transaction

MAX_AGE_SECONDS = 60
# Fields of a project on which `candidates.served_projects` depends.
_RELEVANT_FIELDS = frozenset({"shared_runners_enabled", "archived", "builds_access_level"})


def _file() -> Path:
    return Path(settings.DATA_DIR) / "queue_version"


def current() -> str:
    try:
        stored = _file().read_text()
    except FileNotFoundError:
        stored = ""
    return f"{stored}{int(time.time()) // MAX_AGE_SECONDS:x}"


def bump() -> None:
    """Start a new version, after a change that may give some runner a job."""
    path = _file()
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.write_text(secrets.token_hex(8))
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def bump_after_commit() -> None:
    """Robust: what was committed is answered as done, also when the disk is full."""
    transaction.on_commit(bump, robust=True)


def bump_for_project_change(fields: Collection[str]) -> None:
    """`fields`: those of a project that have new values."""
    if not _RELEVANT_FIELDS.isdisjoint(fields):
        bump_after_commit()


def version_token(runner_token: str, version: str) -> str:
    """The value of `X-GitLab-Last-Update` for a runner.

    It is a MAC of version and token, so a request that contains it proves that its token was valid at that version.
    Deleting a runner starts a new version.
    """
    key = hashlib.sha256(b"queue version " + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, f"{version} {runner_token}".encode(), "sha256").hex()[:32]
