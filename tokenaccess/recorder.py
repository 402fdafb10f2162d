"""Notes who came in and who was refused, without making a request wait for a write.

Notes are gathered in memory and written together every `ACCESS_LOG_SECONDS` by one thread per process, and once more
when the process ends. The same pair within that time is one row and one write, however often it happens: a job that
hammers at a door cannot fill the table.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection

from tokenaccess import record_writer
from tokenaccess.gate import Access
from tokenaccess.policy import Job
from tokenaccess.policy.actions import NEEDS

log = logging.getLogger(__name__)

BATCH = 5000
K = TypeVar("K")
V = TypeVar("V")


@dataclass
class _Refusals:
    count: int
    first: datetime
    last: datetime


Pair = tuple[int, int]


class Refused(NamedTuple):
    """What makes two refusals the same one, counted twice."""

    origin: int
    job: int
    target: int | None
    action: str
    rule: str
    sentence: str


_lock = threading.Lock()
_uses: dict[Pair, dict[str, datetime]] = {}
_refusals: dict[Refused, _Refusals] = {}
_thread: threading.Thread | None = None
_wake = threading.Event()


def note_use(access: Access) -> None:
    target = access.facts.target
    if not isinstance(access.caller, Job) or target is None or target.id == access.caller.project_id:
        return
    names = NEEDS[access.action].permissions or (access.action.name.lower(),)
    with _lock:
        used = _uses.setdefault((target.id, access.caller.project_id), {})
        used.update(dict.fromkeys(map(str, names), datetime.now(UTC)))
    _write_soon()


def note_refusal(access: Access) -> None:
    """Refusals of a dead token are not noted: they are nobody's."""
    reason, target = access.decision.reason, access.facts.target
    if not isinstance(access.caller, Job) or reason is None or reason.rule == "alive":
        return
    key = Refused(
        access.caller.project_id,
        access.caller.id,
        target.id if target else None,
        str(access.action),
        reason.rule,
        reason.sentence,
    )
    now = datetime.now(UTC)
    with _lock:
        seen = _refusals.setdefault(key, _Refusals(0, now, now))
        seen.count, seen.last = seen.count + 1, now
    _write_soon()


def _write_soon() -> None:
    global _thread
    if settings.ACCESS_LOG_SECONDS <= 0:
        write()
        return
    if _thread is None or not _thread.is_alive():
        with _lock:
            if _thread is None or not _thread.is_alive():
                _thread = threading.Thread(target=_keep_writing, name="access-log", daemon=True)
                _thread.start()
    if not _wake.is_set():
        _wake.set()


def _keep_writing() -> None:
    while True:
        _wake.wait()
        _wake.clear()
        threading.Event().wait(settings.ACCESS_LOG_SECONDS)
        try:
            close_old_connections()
            write()
        except Exception:  # the log must not take the server down; what it held is told below
            log.exception("The access log could not be written; its notes of the last seconds are lost.")
            connection.close()


def write() -> None:
    """Writes everything gathered so far: one statement for every few thousand notes."""
    global _uses, _refusals
    with _lock:
        uses, _uses = _uses, {}
        refusals, _refusals = _refusals, {}
    for some in _batches(uses):
        record_writer.write_uses(
            {"accessed": accessed, "origin": origin, "at": max(used.values()), "used": used}
            for (accessed, origin), used in some
        )
    for others in _batches(refusals):
        record_writer.write_refusals(
            {**key._asdict(), "count": seen.count, "first": seen.first, "last": seen.last} for key, seen in others
        )


def _batches(notes: dict[K, V]) -> Iterator[tuple[tuple[K, V], ...]]:
    rest = iter(notes.items())
    while batch := tuple(islice(rest, BATCH)):
        yield batch


atexit.register(write)
