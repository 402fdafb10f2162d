"""SIGTERM to a server that was just started, one that serves, and one that is at work: to the process, to the whole
group, and through make.

It ends within five seconds, and no process of it is left. A start on data that are there is measured as well.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.faults.report import Report
from tests.faults.traffic import Outcome, Request, ask
from tests.support.server import ADMIN_TOKEN, ROOT, clean_environment, free_port

STOPS_WITHIN = 5.0  # seconds
STARTS_WITHIN = 60.0
FIRST_MOMENTS = [0.1, 0.4, 0.8, 1.2, 1.6, 2.0, 2.5, 3.0, 4.0]  # seconds after the start
PYTHON = [sys.executable, "manage.py", "serve"]
# The virtual environment is there, and not to be refreshed.
MAKE = ["make", "--silent", "-o", ".venv/.runtime-installed", "run"]


@dataclass
class Started:
    process: subprocess.Popen[bytes]
    host: str
    log: Path
    since: float

    def members(self) -> list[int]:
        """Of its process group."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if int(fields[2]) == self.process.pid and fields[0] != "Z":
                    found.append(int(folder.name))
        return found

    def wait_until_ready(self) -> float:
        """Seconds since the start."""
        readiness = Request("ready", "GET", "/-/readiness", 200)
        while not ask(self.host, readiness).is_expected:
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() - self.since < STARTS_WITHIN, self.log.read_text()
            time.sleep(0.02)
        return time.monotonic() - self.since


Send = Callable[[Started], None]


def to_process(start: Started) -> None:
    start.process.terminate()


def to_group(start: Started) -> None:
    os.killpg(start.process.pid, signal.SIGTERM)


def interrupt(start: Started) -> None:
    """Ctrl-C in a terminal."""
    os.killpg(start.process.pid, signal.SIGINT)


SENDERS: list[Send] = [to_process, to_group, interrupt]


def run(folder: Path, report: Report) -> None:
    data = folder / "data"
    began = time.monotonic()
    prepare = [*PYTHON, "--prepare-only"]
    subprocess.run(prepare, cwd=ROOT, env=_environment(data, 1), check=True, stdout=subprocess.DEVNULL)
    report.say(f"a first start prepares everything within {time.monotonic() - began:.1f} s")
    for command in (PYTHON, MAKE):
        for send in SENDERS:
            _stop_in_first_moments(command, send, data, report)
            _stop_while_serving(command, send, data, report)
    _stop_at_work(data, report)


@contextmanager
def start(command: list[str], data: Path) -> Iterator[Started]:
    port, log = free_port(), data.parent / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(data, port),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield Started(process, f"127.0.0.1:{port}", log, time.monotonic())
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _environment(data: Path, port: int) -> dict[str, str]:
    return clean_environment() | {
        "TOKENACCESS_DATA_DIR": str(data),
        "TOKENACCESS_ADMIN_TOKEN": ADMIN_TOKEN,
        "TOKENACCESS_DEMO": "0",
        "TOKENACCESS_REGISTRY": "0",
        "TOKENACCESS_SSH": "0",
        "PORT": str(port),
    }


def _stop_in_first_moments(command: list[str], send: Send, data: Path, report: Report) -> None:
    slowest = 0.0
    for moment in FIRST_MOMENTS:
        with start(command, data) as server:
            time.sleep(moment)
            slowest = max(slowest, _stop(server, send))
            _check_log(server, report)
    report.check(slowest <= STOPS_WITHIN, f"{_name(command, send)} in the first moments: {slowest:.1f} s at most")


def _stop_while_serving(command: list[str], send: Send, data: Path, report: Report) -> None:
    with start(command, data) as server:
        ready = server.wait_until_ready()
        seconds = _stop(server, send)
        words = f"{_name(command, send)} once it serves ({ready:.1f} s after the start): {seconds:.1f} s"
        report.check(seconds <= STOPS_WITHIN, words)
        _check_log(server, report)


def _stop_at_work(data: Path, report: Report) -> None:
    """Requests are answered, or their connection ends; none is answered 500."""
    with start(PYTHON, data) as server:
        server.wait_until_ready()
        outcomes: list[Outcome] = []
        user = Request("user", "GET", "/api/v4/user", 200, {"PRIVATE-TOKEN": ADMIN_TOKEN})
        ended = threading.Event()

        def ask_on() -> None:
            while not ended.is_set():
                outcomes.append(ask(server.host, user))

        threads = [threading.Thread(target=ask_on) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(1)
        seconds = _stop(server, to_group)
        ended.set()
        for thread in threads:
            thread.join()
        report.check(seconds <= STOPS_WITHIN, f"group, at work: {seconds:.1f} s")
        strange = {outcome.status for outcome in outcomes} - {0, 200, 503}
        report.check(not strange, f"{len(outcomes)} requests, none answered otherwise than 200 or 503 {strange or ''}")
        _check_log(server, report)


def _stop(server: Started, send: Send) -> float:
    """Seconds until no process is left."""
    began = time.monotonic()
    send(server)
    while server.members() and time.monotonic() - began < 3 * STOPS_WITHIN:
        server.process.poll()
        time.sleep(0.02)
    return time.monotonic() - began


def _check_log(server: Started, report: Report) -> None:
    said = server.log.read_text()
    for words in ("Traceback", "by itself"):
        if words in said and "KeyboardInterrupt" not in said:
            report.check(False, f"{words!r} in the log: {said[-1500:]}")


def _name(command: list[str], send: Send) -> str:
    return f"{'make run' if command is MAKE else 'manage.py serve'}, {send.__name__.replace('_', ' ')}"
