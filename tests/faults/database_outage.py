"""A PostgreSQL server that is stopped, crashes and throws its clients out, while people, jobs and runners ask.

Whatever needs it is answered 503 with Retry-After, in the client's own form. Everything works again without a restart,
and no refusal of a job is missing from the access log.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2

from scripts import postgres_server, system_tools
from tests.contract.world import World
from tests.faults.report import Report
from tests.faults.traffic import Outcome, Traffic, count, examples, requests_of
from tests.support.git import Git
from tests.support.server import LiveServer, live_server

SENTENCE = "The database cannot be reached."
OUTAGE_SECONDS = 5
BACK_WITHIN = 15  # seconds
LOG_WRITTEN_WITHIN = 10  # seconds
MIN_REQUESTS = 300


def run(folder: Path, report: Report) -> None:
    system_tools.ensure([system_tools.POSTGRES])
    with (
        postgres_server.postgres_server() as database,
        _durable(database),
        live_server(folder, DATABASE_URL=database, WEB_CONCURRENCY="2") as live,
    ):
        world = World(live)
        requests = requests_of(world, world.running_job())
        with Traffic(live, requests) as traffic:
            report.check(traffic.wait_until_calm(60), "calm before")
            for mode in ("fast", "immediate"):
                _stop_for_a_while(database, mode, live, world, traffic, report)
            _throw_out(database, traffic, report)
            time.sleep(1)
        _check(traffic.outcomes, report)
        _check_access_log(database, traffic.outcomes, report)
        lines = live.errors().count(SENTENCE.rstrip("."))
        # Two workers and the housekeeping, in each of three outages; the third may be part of the second.
        report.check(0 < lines <= 9, f"lines of the log about it: {lines}")
        report.check_log(live.errors())


@contextmanager
def _durable(database: str) -> Iterator[None]:
    """The server forgets nothing that it has acknowledged, also when it crashes."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER DATABASE postgres SET synchronous_commit = on")
        connection.commit()
    yield


def _stop_for_a_while(
    database: str, mode: str, live: LiveServer, world: World, traffic: Traffic, report: Report
) -> None:
    postgres_server.stop(database, mode=mode)
    began = time.monotonic()
    complaint = Git(live.data.parent).refusal("ls-remote", world.clone_url(world.library, "x", world.developer.token))
    report.check(SENTENCE in complaint, f"git says {complaint.strip()!r}")
    time.sleep(OUTAGE_SECONDS)
    during = traffic.since(began + 1)
    report.say(f"stopped ({mode}): {count(during)}")
    report.check(all(outcome.status == 503 for outcome in during), "every request is answered 503 in the outage")
    postgres_server.start(database)
    back = time.monotonic()
    report.check(traffic.wait_until_calm(BACK_WITHIN), f"calm {time.monotonic() - back:.1f} s after the start")


def _throw_out(database: str, traffic: Traffic, report: Report) -> None:
    """Every connection at once, again and again."""
    began = time.monotonic()
    for _ in range(5):
        with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        time.sleep(0.5)
    report.check(traffic.wait_until_calm(BACK_WITHIN), "calm after connections were killed")
    report.say(f"connections killed: {count(traffic.since(began))}")


def _check(outcomes: list[Outcome], report: Report) -> None:
    unavailable = [outcome for outcome in outcomes if outcome.status == 503]
    report.check(len(outcomes) >= MIN_REQUESTS, f"{len(outcomes)} requests, {len(unavailable)} of them 503")
    strange = [outcome for outcome in outcomes if not outcome.is_expected and outcome.status != 503]
    report.check(not strange, f"other answers: {examples(strange)}")
    silent = [outcome.request.name for outcome in unavailable if not outcome.retry_after.isdigit()]
    report.check(not silent, f"503 without Retry-After: {silent[:5]}")
    speechless = [outcome for outcome in unavailable if "database" not in outcome.body]
    report.check(not speechless, f"503 without a sentence: {examples(speechless)}")


def _check_access_log(database: str, outcomes: list[Outcome], report: Report) -> None:
    refused = sum(outcome.status == 404 for outcome in outcomes)
    until, written = time.monotonic() + LOG_WRITTEN_WITHIN, -1
    with closing(psycopg2.connect(database)) as connection:
        connection.autocommit = True
        while written < refused and time.monotonic() < until:
            time.sleep(0.5)
            with connection.cursor() as cursor:
                cursor.execute("SELECT coalesce(sum(count), 0) FROM tokenaccess_refusalrecord")
                (written,) = cursor.fetchone() or (0,)
    # A job's request that was refused may still have been answered 503, when what follows failed.
    report.check(written >= refused, f"{refused} refusals were answered, {written} are in the access log")
