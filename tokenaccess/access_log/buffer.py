"""Collects authorizations and refusals so that no request waits for a write.

Records are kept in memory and written together every `ACCESS_LOG_SECONDS` seconds by one thread per process, and once
more when the process ends. Repetitions within that time are one row and one write, so a job that retries in a loop
cannot fill the table. What cannot be written is kept for the next time, up to MAX_RECORDS; how many did not fit is
logged.
"""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.db import close_old_connections, connection

from audit.client_address import client_address
from outages.kinds import outage_of
from tokenaccess.access.result import Access
from tokenaccess.access.signals import decisions_recorded
from tokenaccess.access_log import addresses, daily, job_uses, writer
from tokenaccess.policy import Job, Target
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.needs import NEEDS

log = logging.getLogger(__name__)

BATCH_SIZE = 5000
MAX_RECORDS = 100_000  # that wait for the database, in each process
K = TypeVar("K")
V = TypeVar("V")
# What else waits in memory and is written together with the records; each is called with BATCH_SIZE, and keeps what it
# could not write.
WRITERS: list[Callable[[int], None]] = [job_uses.write, daily.write, addresses.write]


@dataclass
class _RefusalTally:
    count: int
    first: datetime
    last: datetime


Pair = tuple[int, int]


class RefusalKey(NamedTuple):
    """Refusals with the same key are one row with a count."""

    origin: int
    job: int
    target: int | None
    action: str
    rule: str
    sentence: str
    trial: bool = False


_lock = threading.Lock()
_uses: dict[Pair, dict[str, datetime]] = {}
_refusals: dict[RefusalKey, _RefusalTally] = {}
_lost = 0
_thread: threading.Thread | None = None
_wake = threading.Event()


def record_use(access: Access) -> None:
    target = _project_of(access)
    if not isinstance(access.caller, Job) or target is None:
        return
    job, needs = access.caller, NEEDS[access.action]
    is_own = target.id == job.project_id
    if addresses.keep(job.id, target.id, client_address()):
        write_soon()
    if is_own and (needs.prepares or access.facts.in_own_run):
        return  # of the runner, and of no interest to who wants to know what the job needs
    names = needs.permissions or (access.action.name.lower(),)
    is_new = job_uses.keep(job.id, target.id, names)
    if not is_own:
        now = datetime.now(UTC)
        _keep_use((target.id, job.project_id), dict.fromkeys(map(str, names), now))
        daily.count_use(target.id, job.project_id, now.date())
    if is_new or not is_own:
        write_soon()


def record_refusal(access: Access) -> None:
    """What was refused, or would have been if the target did more than try its limit. Refusals of an invalid or expired
    token are not recorded."""
    reason, target = access.decision.reason or access.decision.trial, _project_of(access)
    if not isinstance(access.caller, Job) or reason is None or reason.rule == "alive":
        return
    key = RefusalKey(
        access.caller.project_id,
        access.caller.id,
        target.id if target else None,
        str(access.action),
        reason.rule,
        reason.sentence,
        access.decision.allowed,
    )
    addresses.keep(access.caller.id, None, client_address())
    now = datetime.now(UTC)
    _keep_refusal(key, _RefusalTally(1, now, now))
    if not access.decision.allowed and (target is None or target.id != access.caller.project_id):
        # An absent target costs what a hidden one costs, and no row is kept of it.
        daily.count_refusal(target.id if target else 0, access.caller.project_id, now.date())
    write_soon()


def record_refusal_of_job(*, access: Access, **_kwargs: Any) -> None:
    """For tokenaccess.access.signals.job_refused."""
    record_refusal(access)


def _keep_use(pair: Pair, used: dict[str, datetime]) -> None:
    with _lock:
        if _has_room_for(pair in _uses, 1):
            known = _uses.setdefault(pair, {})
            for name, at in used.items():
                known[name] = max(at, known.get(name, at))


def _keep_refusal(key: RefusalKey, seen: _RefusalTally) -> None:
    with _lock:
        if _has_room_for(key in _refusals, seen.count):
            known = _refusals.setdefault(key, _RefusalTally(0, seen.first, seen.last))
            known.count += seen.count
            known.first, known.last = min(known.first, seen.first), max(known.last, seen.last)


def _has_room_for(known: bool, count: int) -> bool:
    """Counts what is lost; to be called with the lock."""
    global _lost
    has_room = known or len(_uses) + len(_refusals) < MAX_RECORDS
    _lost += 0 if has_room else count
    return has_room


def _project_of(access: Access) -> Target | None:
    """The log is about projects; a group has no limit that a job could meet."""
    return access.facts.target if NEEDS[access.action].kind is TargetKind.PROJECT else None


def write_soon() -> None:
    """Something waits: within ACCESS_LOG_SECONDS it is written."""
    global _thread
    if settings.ACCESS_LOG_SECONDS <= 0:
        write()
        return
    if _wake.is_set():
        return
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_write_loop, name="access-log", daemon=True)
            _thread.start()
    _wake.set()


def _write_loop() -> None:
    while True:
        _wake.wait()
        _wake.clear()
        threading.Event().wait(settings.ACCESS_LOG_SECONDS)
        try:
            close_old_connections()
            write()
        except Exception as error:  # the log must not take the server down
            log.exception("The access log could not be written")
            connection.close()
            if outage_of(error) is not None:
                _wake.set()


def write() -> None:
    """Write everything collected so far, one statement for every BATCH_SIZE records. Raises what the database raises;
    in an outage the records are kept."""
    global _uses, _refusals
    with _lock:
        uses, _uses = _uses, {}
        refusals, _refusals = _refusals, {}
    written = {"uses": tuple(uses.items()), "refusals": tuple(refusals.items())}
    try:
        _write_batches(uses, _write_uses)
        _write_batches(refusals, _write_refusals)
    except Exception as error:
        if outage_of(error) is not None:
            _keep_all(uses, refusals)
        raise
    decisions_recorded.send_robust(sender=None, **written)
    _report_lost()
    for write_rows in WRITERS:
        write_rows(BATCH_SIZE)


def write_at_end() -> None:
    """No next time: what cannot be written now is lost."""
    try:
        write()
    except Exception:
        log.exception("The access log could not be written")
        log.error("%s records of the access log are lost.", len(_uses) + len(_refusals))


def _write_batches(records: dict[K, V], write: Callable[[tuple[tuple[K, V], ...]], None]) -> None:
    """Takes out what is written."""
    while batch := tuple(islice(records.items(), BATCH_SIZE)):
        write(batch)
        for key, _ in batch:
            del records[key]


def _write_uses(batch: tuple[tuple[Pair, dict[str, datetime]], ...]) -> None:
    writer.write_uses(
        {"accessed": accessed, "origin": origin, "at": max(used.values()), "used": used}
        for (accessed, origin), used in batch
    )


def _write_refusals(batch: tuple[tuple[RefusalKey, _RefusalTally], ...]) -> None:
    writer.write_refusals(
        {**key._asdict(), "count": seen.count, "first": seen.first, "last": seen.last} for key, seen in batch
    )


def _keep_all(uses: dict[Pair, dict[str, datetime]], refusals: dict[RefusalKey, _RefusalTally]) -> None:
    for pair, used in uses.items():
        _keep_use(pair, used)
    for key, seen in refusals.items():
        _keep_refusal(key, seen)


def _report_lost() -> None:
    global _lost
    with _lock:
        lost, _lost = _lost, 0
    if lost:
        log.error("%s records of the access log were lost: more than %s waited to be written.", lost, MAX_RECORDS)


atexit.register(write_at_end)
