"""Notes who came in and who was refused, without making a request wait for a write.

Notes are gathered in memory and written together every `ACCESS_LOG_SECONDS` by one thread per process, and once more
when the process ends. The same pair within that time is one row and one write, however often it happens: a job that
hammers at a door cannot fill the table.
"""

from __future__ import annotations

import atexit
import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models import F
from django.utils import timezone

from projects.models import Project
from tokenaccess.gate import Access
from tokenaccess.models import AuthorizationRecord, RefusalRecord
from tokenaccess.policy import Job
from tokenaccess.policy.actions import NEEDS

log = logging.getLogger(__name__)


@dataclass
class _Refusals:
    count: int
    first: datetime
    last: datetime


Pair = tuple[int, int]
Refused = tuple[int, int, int | None, str, str, str]

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
    key = (
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
    """Writes everything gathered so far."""
    global _uses, _refusals
    with _lock:
        uses, _uses = _uses, {}
        refusals, _refusals = _refusals, {}
    if not uses and not refusals:
        return
    with transaction.atomic():
        for pair, used in uses.items():
            _write_use(pair, used)
        for key, seen in refusals.items():
            _write_refusal(key, seen)


def _write_use(pair: Pair, used: dict[str, datetime]) -> None:
    if Project.objects.filter(pk__in=pair).count() < 2:
        return  # one of the two was deleted since
    times = {name: at.isoformat() for name, at in used.items()}
    last = max(used.values())
    row, made = AuthorizationRecord.objects.select_for_update().get_or_create(
        accessed_project_id=pair[0],
        origin_project_id=pair[1],
        defaults={"last_authorized_at": last, "used": times},
    )
    if not made:
        row.last_authorized_at, row.used = max(row.last_authorized_at, last), {**row.used, **times}
        row.save(update_fields=["last_authorized_at", "used"])


def _write_refusal(key: Refused, seen: _Refusals) -> None:
    origin, job, target, action, rule, sentence = key
    wanted = {origin} | ({target} if target else set())
    if Project.objects.filter(pk__in=wanted).count() < len(wanted):
        return
    same: dict[str, Any] = {"origin_project_id": origin, "job_id": job, "project_id": target, "action": action}
    same.update(rule=rule, sentence=sentence)
    row = RefusalRecord.objects.filter(**same).order_by("id").first()
    if row is None:
        RefusalRecord.objects.create(**same, count=seen.count, first_at=seen.first, last_at=seen.last)
    else:
        RefusalRecord.objects.filter(pk=row.pk).update(count=F("count") + seen.count, last_at=seen.last)


atexit.register(write)
