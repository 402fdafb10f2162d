"""A file system without a free byte, under the data folder, under the database, and under both.

What has to be stored is answered 507, or 503 where only the database is full, with a sentence; reading goes on. Nothing
is torn, the log says it once, and everything works again when there is room. Needs root, for a file system of its own.
"""

from __future__ import annotations

import io
import os
import random
import sqlite3
import subprocess
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from outages.kinds import DATABASE_AWAY, DATABASE_FULL, NO_SPACE
from tests.contract.world import Work, World
from tests.faults.report import Report
from tests.faults.traffic import Outcome, Request, Traffic, ask, count, examples, requests_of
from tests.support.git import Git
from tests.support.server import LiveServer, live_server

MEGABYTES = 96
FULL_SECONDS = 6
CALM_WITHIN = 60  # seconds
SENTENCES = [outage.what for outage in (NO_SPACE, DATABASE_FULL, DATABASE_AWAY)]


# May find room in blocks that are half full.
SMALL = {"project", "commit", "log"}


@dataclass(frozen=True)
class Case:
    """`full_data`, `full_database`: what lies on the small file system. `status`: how an upload is answered there."""

    name: str
    full_data: bool
    full_database: bool
    status: int


CASES = [
    Case("files and database", full_data=True, full_database=True, status=507),
    Case("files", full_data=True, full_database=False, status=507),
    Case("database", full_data=False, full_database=True, status=503),
]


def run(folder: Path, report: Report) -> None:
    if os.geteuid() != 0:
        report.check(False, "only root can mount a file system of its own")
        return
    for case in CASES:
        here = folder / case.name.replace(" ", "-")
        here.mkdir()
        with small_disk(here / "disk") as disk:
            _run_case(case, here, disk, report)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@contextmanager
def fill_disk(disk: Path) -> Iterator[None]:
    """A file takes every byte that is free, also those that become free meanwhile."""
    ended = threading.Event()
    with (disk / "filler").open("wb", buffering=0) as filler:
        fill(filler)
        thread = threading.Thread(target=_keep_full, args=(filler, ended))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
    (disk / "filler").unlink()


def _keep_full(filler: IO[bytes], ended: threading.Event) -> None:
    while not ended.wait(0.002):
        fill(filler)


def fill(filler: IO[bytes]) -> None:
    for size in (1024 * 1024, 4096):
        with suppress(OSError):
            while True:
                filler.write(b"x" * size)


def _run_case(case: Case, here: Path, disk: Path, report: Report) -> None:
    roomy = here / "roomy"
    data, database = (disk if case.full_data else roomy) / "data", (disk if case.full_database else roomy) / "database"
    for made in (data / "tmp", database):
        made.mkdir(parents=True)
    variables = {
        "TOKENACCESS_DATA_DIR": str(data),
        "DATABASE_URL": f"sqlite:///{database}/tokenaccess.sqlite3",
        "TMPDIR": str(data / "tmp"),
        "WEB_CONCURRENCY": "2",
        "TOKENACCESS_HOUSEKEEPING_SECONDS": "1",
    }
    with live_server(here, None, **variables) as live:
        world = World(live)
        work = world.running_job()
        writer = Writer(live, world, work, here)
        with Traffic(live, requests_of(world, work), clients=2) as traffic:
            report.check(traffic.wait_until_calm(CALM_WITHIN), f"{case.name}: calm before")
            with fill_disk(disk):
                began = time.monotonic()
                complaints = writer.try_all()
                time.sleep(FULL_SECONDS)
                during = traffic.since(began)
            emptied = time.monotonic()
            calm = traffic.wait_until_calm(CALM_WITHIN)
            report.check(calm, f"{case.name}: calm {time.monotonic() - emptied:.1f} s after there is room")
        report.say(f"{case.name}, full: {count(during)}")
        _check(case, during, complaints, report)
        again = writer.try_all()
        report.check(all(status < 300 for status, _ in again.values()), f"{case.name}: afterwards {again}")
        _check_stored(case, live, traffic.outcomes, report)
        _check_disk(case, data, database, report)
    lines = sum(sentence in line for line in live.errors().splitlines() for sentence in SENTENCES)
    report.check(0 < lines <= 9, f"{case.name}: lines of the log about it: {lines}")  # three processes, three kinds
    report.check_log(live.errors())


class Writer:
    """Every other way to store something, one after the other."""

    def __init__(self, live: LiveServer, world: World, work: Work, here: Path) -> None:
        self.live, self.world, self.work = live, world, work
        self.log_length = 0
        self.git = Git(here)
        self.git("init", "--quiet", "--initial-branch=pushed", "source")
        self.source = self.git.at("source")

    def try_all(self) -> dict[str, tuple[int, str]]:
        """Name → status and what was said. A push that git rejects counts as 507."""
        return {
            "push": self._push(),
            "log": self._log(),
            "artifact": self._artifact(),
            "commit": self._commit(),
            "project": self._project(),
        }

    def _push(self) -> tuple[int, str]:
        (self.source.folder / "file").write_bytes(random.randbytes(3_000_000))
        self.source("add", "file")
        self.source("commit", "--quiet", "-m", "More")
        address = self.world.clone_url(self.world.library, "x", self.world.developer.token)
        pushed = self.source.run("push", address, "pushed")
        return (200 if pushed.returncode == 0 else 507), pushed.stderr

    def _log(self) -> tuple[int, str]:
        piece = b"".join(b"line %07d of the log\n" % number for number in range(5000))
        until = self.log_length + len(piece) - 1
        headers = {"JOB-TOKEN": self.work.token, "Content-Range": f"{self.log_length}-{until}"}
        done = self._ask("PATCH", f"/jobs/{self.work.id}/trace", headers, piece)
        if done[0] == 202:
            self.log_length += len(piece)
        return done

    def _artifact(self) -> tuple[int, str]:
        """Of a name of its own each time: a second archive of a job would be refused."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packed:
            packed.writestr("file", random.randbytes(300_000))
        head = b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'
        body = head + archive.getvalue() + b"\r\n--limit--\r\n"
        headers = {"JOB-TOKEN": self.work.token, "Content-Type": "multipart/form-data; boundary=limit"}
        return self._ask("POST", f"/jobs/{self.work.id}/artifacts", headers, body)

    def _commit(self) -> tuple[int, str]:
        path = f"of-{time.monotonic_ns()}"
        body = (
            f'{{"branch": "main", "commit_message": "m", "actions": [{{"action": "create", "file_path": "{path}", '
            f'"content": "{random.randbytes(400_000).hex()}"}}]}}'
        )
        return self._post(f"/projects/{self.world.app.id}/repository/commits", body)

    def _project(self) -> tuple[int, str]:
        name = f"p{time.monotonic_ns()}"
        return self._post("/projects", f'{{"name": "{name}"}}')

    def _post(self, path: str, body: str) -> tuple[int, str]:
        headers = {"PRIVATE-TOKEN": self.world.developer.token, "Content-Type": "application/json"}
        return self._ask("POST", path, headers, body.encode())

    def _ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, str]:
        outcome = ask(self.live.host, Request(path, method, f"/api/v4{path}", 200, headers, body))
        return outcome.status, outcome.body[:300]


def _check(case: Case, during: list[Outcome], complaints: dict[str, tuple[int, str]], report: Report) -> None:
    reads = [outcome for outcome in during if not outcome.request.writes]
    stopped = [outcome for outcome in reads if not outcome.is_expected]
    report.check(bool(reads) and not stopped, f"{case.name}: {len(reads)} reads go on {examples(stopped)}")
    writes = [outcome for outcome in during if outcome.request.writes and outcome.status >= 400]
    strange = [outcome for outcome in writes if outcome.status not in {503, 507} or not outcome.body]
    report.check(not strange, f"{case.name}: {len(writes)} writes are refused with 503 or 507 {examples(strange)}")
    uploads = {outcome.status for outcome in writes if outcome.request.name == "upload"}
    report.check(case.status in uploads, f"{case.name}: uploads are answered {uploads}")
    for name, (status, words) in complaints.items():
        spoken = any(sentence in words for sentence in (*SENTENCES, os.strerror(28)))
        stored = status < 300 and (not case.full_data or name in SMALL)
        report.check(stored or (status in {503, 507} and spoken), f"{case.name}, {name}: {status} {words.strip()!r}")


def _check_stored(case: Case, live: LiveServer, outcomes: list[Outcome], report: Report) -> None:
    """What was acknowledged is there, and nothing else."""
    acknowledged = sum(outcome.status == 201 for outcome in outcomes if outcome.request.name == "upload")
    with closing(sqlite3.connect(live.env["DATABASE_URL"].removeprefix("sqlite:///"))) as connection:
        (sound,) = connection.execute("PRAGMA integrity_check").fetchone()
        query = (
            "SELECT count(*) FROM packages_packagefile file "
            "JOIN packages_package package ON package.id = file.package_id WHERE package.name = 'many'"
        )
        (stored,) = connection.execute(query).fetchone()
    report.check(sound == "ok", f"{case.name}: the database is {sound}")
    report.check(stored == acknowledged, f"{case.name}: {acknowledged} uploads were acknowledged, {stored} are stored")


def _check_disk(case: Case, data: Path, database: Path, report: Report) -> None:
    left = [path.name for folder in (data / "blobs" / "incoming", data / "tmp") for path in folder.glob("*")]
    report.check(not left, f"{case.name}: temporary files that are left: {left[:5]}")
    broken = []
    for repository in (data / "repositories").rglob("HEAD"):
        checked = Git(repository.parent).run("fsck", "--full")
        broken += [checked.stderr] if checked.returncode else []
    report.check(not broken, f"{case.name}: repositories that are broken: {broken}")
