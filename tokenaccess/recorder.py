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
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.utils import timezone

from projects.models import Project
from tokenaccess.gate import Access
from tokenaccess.models import AuthorizationRecord, RefusalRecord
from tokenaccess.policy import Job
from tokenaccess.policy.actions import NEEDS

log = logging.getLogger(__name__)

BATCH = 500
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
        used.update(dict.fromkeys(map(str, names), timezone.now()))
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
    now = timezone.now()
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
    """Writes everything gathered so far, a few statements for every five hundred notes."""
    global _uses, _refusals
    with _lock:
        uses, _uses = _uses, {}
        refusals, _refusals = _refusals, {}
    for some in _batches(uses):
        _write_uses(dict(some))
    for others in _batches(refusals):
        _write_refusals(dict(others))


def _batches(notes: dict[K, V]) -> Iterator[tuple[tuple[K, V], ...]]:
    rest = iter(notes.items())
    while batch := tuple(islice(rest, BATCH)):
        yield batch


def _alive(wanted: set[int]) -> set[int]:
    """A project may have been deleted since it was noted."""
    return set(Project.objects.filter(pk__in=wanted).values_list("pk", flat=True))


@transaction.atomic
def _write_uses(uses: dict[Pair, dict[str, datetime]]) -> None:
    alive = _alive({project for pair in uses for project in pair})
    uses = {pair: used for pair, used in uses.items() if alive.issuperset(pair)}
    times = {pair: {name: at.isoformat() for name, at in used.items()} for pair, used in uses.items()}
    AuthorizationRecord.objects.bulk_create(
        [
            AuthorizationRecord(
                accessed_project_id=pair[0],
                origin_project_id=pair[1],
                last_authorized_at=max(used.values()),
                used=times[pair],
            )
            for pair, used in uses.items()
        ],
        ignore_conflicts=True,
    )
    # Those that were there already: locked, because another process may add to the same ones.
    accessed, origins = {pair[0] for pair in uses}, {pair[1] for pair in uses}
    known = AuthorizationRecord.objects.filter(accessed_project__in=accessed, origin_project__in=origins)
    older = []
    for row in known.order_by("pk").select_for_update():
        pair = (row.accessed_project_id, row.origin_project_id)
        if pair in uses and row.used != times[pair]:
            row.last_authorized_at = max(row.last_authorized_at, *uses[pair].values())
            row.used = {**row.used, **times[pair]}
            older.append(row)
    AuthorizationRecord.objects.bulk_update(older, ["last_authorized_at", "used"])


@transaction.atomic
def _write_refusals(refusals: dict[Refused, _Refusals]) -> None:
    alive = _alive({project for key in refusals for project in (key.origin, key.target) if project})
    known = RefusalRecord.objects.filter(job_id__in={key.job for key in refusals}).order_by("pk").select_for_update()
    rows = {
        Refused(row.origin_project_id, row.job_id, row.project_id, row.action, row.rule, row.sentence): row
        for row in known
    }
    new, again = [], []
    for key, seen in refusals.items():
        if not alive.issuperset({key.origin, key.target} - {None}):
            continue
        row = rows.get(key)
        if row is None:
            same = {"origin_project_id": key.origin, "job_id": key.job, "project_id": key.target}
            times = {"count": seen.count, "first_at": seen.first, "last_at": seen.last}
            new.append(RefusalRecord(**same, action=key.action, rule=key.rule, sentence=key.sentence, **times))
        else:
            row.count, row.last_at = row.count + seen.count, seen.last
            again.append(row)
    RefusalRecord.objects.bulk_create(new)
    RefusalRecord.objects.bulk_update(again, ["count", "last_at"])


atexit.register(write)
