"""The queue's version: a runner that has seen the current one is told "nothing new" without a query (runner.md §2.2).

It is a small file beside the repositories, so that all server processes share it. A version is also old after a minute:
a tick that got lost (a process that died between commit and tick) delays a job that long at most.
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

SECONDS = 60
# What of a project says which runners take its jobs (jobs.waiting.served).
_OF_PROJECT = frozenset({"shared_runners_enabled", "archived", "builds_access_level"})


def _file() -> Path:
    return Path(settings.DATA_DIR) / "queue_version"


def current() -> str:
    try:
        stored = _file().read_text()
    except FileNotFoundError:
        stored = ""
    return f"{stored}{int(time.time()) // SECONDS:x}"


def tick() -> None:
    """Something changed that may give some runner a job."""
    path = _file()
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    draft.write_text(secrets.token_hex(8))
    os.replace(draft, path)


def tick_after_commit() -> None:
    transaction.on_commit(tick)


def project_changed(*, project: object, fields: Collection[str]) -> None:
    """Told by projects.events."""
    if not _OF_PROJECT.isdisjoint(fields):
        tick_after_commit()


def seen_by(runner_token: str, version: str) -> str:
    """What a runner is handed as `X-GitLab-Last-Update`. Nobody can make it up, so whoever brings it holds a token we
    knew at that version; a runner's deletion is a new version."""
    key = hashlib.sha256(b"queue version " + settings.SECRET_KEY.encode()).digest()
    return hmac.digest(key, f"{version} {runner_token}".encode(), "sha256").hex()[:32]
