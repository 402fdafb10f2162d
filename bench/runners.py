"""What runners ask of the server, per second: jobs from an empty and from a long queue, pieces of a log, and a large
artifact up and down beside what the plain server does with such a file (`bench/plain.py`)."""

from __future__ import annotations

import json
import os
import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench import servers
from bench.runner_client import CLIENTS, LOG_PIECE, Client, Job, rate, write_archive

LONG = 10_000
SHORT = 1_000
WIDE = 100  # projects
Rounds = dict[str, list[float]]
EMPTY, SOME = "asked, nothing waits", f"asked, {SHORT} wait in one project"
OTHERS, WIDELY = f"asked, {LONG} wait in one project", f"asked, {LONG} wait in {WIDE} projects"
FEW, MANY = f"taken of {SHORT} in one project", f"taken of {LONG} in one project"
MANY_WIDELY = f"taken of {LONG} in {WIDE} projects"
PIECES = f"pieces of a log ({len(LOG_PIECE)} bytes)"
COMPARED = [(SOME, EMPTY), (OTHERS, EMPTY), (OTHERS, SOME), (WIDELY, EMPTY), (MANY, FEW), (MANY_WIDELY, FEW)]


def measure(url: str, make_database: Callable[[str, str], None], options: Any) -> dict[str, Rounds]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, ExitStack() as stack:
        data = Path(folder)
        make_database(url, "bench_runner")
        database = servers.database_named(url, "bench_runner")
        product = servers.environment(data, database, servers.free_port())
        product["TOKENACCESS_HOUSEKEEPING_SECONDS"] = "0"
        plain = servers.environment(data, database, servers.free_port())
        servers.manage(product, "migrate", "--skip-checks", "--verbosity", "0")
        servers.manage_module(product, "bench.runner_world", "start", str(data / "runners.json"))
        command = servers.baseline_command(plain, "bench.plain:application")
        ours = stack.enter_context(servers.running(servers.product_command(), product, "/-/readiness"))
        theirs = stack.enter_context(servers.running(command, plain, "/"))
        if servers.can_pin():
            os.sched_setaffinity(0, set(range(1, os.cpu_count() or 2)))
        bench = Bench(ours, theirs, data, product, options)
        return {"per second": bench.requests(), "MB per second": bench.files()}


class Bench:
    def __init__(self, ours: str, theirs: str, data: Path, product: dict[str, str], options: Any) -> None:
        self.ours, self.theirs, self.data, self.product, self.options = ours, theirs, data, product, options
        self.runners: dict[str, str] = json.loads((data / "runners.json").read_text())

    def requests(self) -> Rounds:
        found: Rounds = {name: [] for name in (EMPTY, SOME, OTHERS, WIDELY, FEW, MANY, MANY_WIDELY, PIECES)}
        self.ask()  # warm: connections made, code loaded
        for _ in range(self.options.rounds):
            for asked, taken, jobs, projects in [
                (EMPTY, None, 0, 1),
                (SOME, FEW, SHORT, 1),
                (OTHERS, MANY, LONG, 1),
                (WIDELY, MANY_WIDELY, LONG, WIDE),
            ]:
                self._queue(jobs, projects)
                found[asked].append(self.ask())
                if taken:
                    found[taken].append(self.take())
            found[PIECES].append(self.log())
        return found

    def files(self) -> Rounds:
        """A large artifact, in turn by the product and by the plain server."""
        found: Rounds = {name: [] for name in ("up", "up, plain", "down", "down, plain")}
        file, megabytes = self.data / "artifact.zip", self.options.megabytes
        for _ in range(self.options.rounds):
            write_archive(file, megabytes)
            self._queue(1, 1)
            job = self._job()
            size = file.stat().st_size
            path = f"/api/v4/jobs/{job.id}/artifacts"
            query = "?artifact_type=archive&artifact_format=zip"
            found["up, plain"].append(megabytes / Client(self.theirs).upload("/", file, ""))
            found["up"].append(megabytes / Client(self.ours).upload(path + query, file, job.token))
            found["down, plain"].append(megabytes / Client(self.theirs).download("/", "", size))
            found["down"].append(megabytes / Client(self.ours).download(path, job.token, size))
        return found

    def ask(self) -> float:
        """By a runner for which nothing waits, whatever waits for others; it searches the queue each time."""

        def client(number: int) -> Callable[[], int]:
            speaker = Client(self.ours)

            def step() -> int:
                status, _ = speaker.ask(self.runners["bystander"])
                if status != 204:
                    raise RuntimeError(f"A runner for which nothing waits was answered {status}.")
                return 1

            return step

        return rate(client, self.options.seconds)

    def take(self) -> float:
        """Jobs that are given out; asking again after a 409 counts as nothing."""

        def client(number: int) -> Callable[[], int]:
            speaker = Client(self.ours)

            def step() -> int:
                status, _ = speaker.ask(self.runners["taker"])
                if status == 204:
                    raise RuntimeError("The queue ran out before it was measured.")
                return int(status == 201)

            return step

        return rate(client, self.options.seconds, most=SHORT // 2)

    def log(self) -> float:
        """Each client writes to a job of its own."""
        jobs = [self._job() for _ in range(CLIENTS)]

        def client(number: int) -> Callable[[], int]:
            speaker, at = Client(self.ours), 0

            def step() -> int:
                nonlocal at
                speaker.log(jobs[number], at)
                at += len(LOG_PIECE)
                return 1

            return step

        return rate(client, self.options.seconds)

    def _job(self) -> Job:
        _, job = Client(self.ours).ask(self.runners["taker"])
        if job is None:
            raise RuntimeError("No job was given out.")
        return job

    def _queue(self, jobs: int, projects: int) -> None:
        servers.manage_module(self.product, "bench.runner_world", "queue", str(jobs), str(projects))


# --- Telling ----------------------------------------------------------------------------------------------------------


def report(found: dict[str, Rounds]) -> str:
    lines = ["\nRunners"]
    for unit, rounds in found.items():
        lines += [f"{name:40} {statistics.median(values):>9.0f} {unit}" for name, values in rounds.items()]
    lines += ["", "Median ratios within a round"]
    rounds = found["per second"]
    lines += [f"{f'{name} / {to}':70} {ratio(rounds, name, to):>6.2f}" for name, to in COMPARED]
    rounds = found["MB per second"]
    lines += [
        f"{f'{name} / {name}, plain':70} {ratio(rounds, name, f'{name}, plain'):>6.2f}" for name in ("up", "down")
    ]
    return "\n".join(lines)


def ratio(rounds: Rounds, name: str, to: str) -> float:
    return statistics.median(one / other for one, other in zip(rounds[name], rounds[to], strict=True))
