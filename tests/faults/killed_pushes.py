"""Pushes whose git is killed (`kill -9`) while it holds a lock, and while it has temporary objects.

Both are gone after the first pass of housekeeping in which they are old enough, and every branch can be pushed again.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from projects.repository.leftovers import MIN_AGE
from tests.faults.report import Report
from tests.support.git import NOBODY
from tests.support.server import ADMIN_TOKEN, LiveServer, live_server

BRANCHES = 300  # their locks are held for long enough to be hit
MAX_PUSHES = 20
KINDS = {"a lock": "*.lock", "temporary objects": "tmp_*"}


def run(folder: Path, report: Report) -> None:
    with live_server(folder, TOKENACCESS_HOUSEKEEPING_SECONDS="1") as live:
        project = live.make("/projects", name="killed", path="killed")
        address = f"http://root:{ADMIN_TOKEN}@{live.host}/{project['path_with_namespace']}.git"
        source = _repository(folder / "source")
        for kind in KINDS:
            hit = any(_push_and_kill(live, source, address, kind) for _ in range(MAX_PUSHES))
            report.check(hit, f"a push was killed that left behind {kind}")
        until = time.monotonic() + MIN_AGE + 30
        while (left := [path for kind in KINDS for path in _leftovers(live, kind)]) and time.monotonic() < until:
            time.sleep(1)
        report.check(not left, f"left after a minute and a half: {len(left)}")
        pushed = _git(source, "push", "--quiet", "--force", address, "refs/heads/*:refs/heads/*")
        report.check(pushed.returncode == 0, f"every branch can be pushed again {pushed.stderr[-500:]}")
        report.check("leftovers of killed writes" in live.errors(), "the log counts what was removed")
        report.check_log(live.errors())


def _push_and_kill(live: LiveServer, source: Path, address: str, kind: str) -> bool:
    """Pushes one more commit to every branch. Git is stopped again and again, to see whether there is a file of that
    kind; if there is, it is killed."""
    (source / "file").write_bytes(random.randbytes(2_000_000))
    _git(source, "add", "file")
    _git(source, "commit", "--quiet", "-m", "One more")
    head = _git(source, "rev-parse", "HEAD").stdout
    for number in range(BRANCHES):
        (source / ".git" / "refs" / "heads" / f"b{number}").write_text(head)
    push = subprocess.Popen(
        ["git", "push", "--quiet", "--force", address, "refs/heads/*:refs/heads/*"],
        cwd=source,
        env=_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    before, killed = set(_leftovers(live, kind)), False
    while push.poll() is None:
        for group in _receivers(live):
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGSTOP)
                killed = killed or not before.issuperset(_leftovers(live, kind))
                os.killpg(group, signal.SIGKILL if killed else signal.SIGCONT)
        time.sleep(0.001)
    return killed


def _receivers(live: LiveServer) -> Iterator[int]:
    """The git processes that take a push's pack; each leads a group of its own."""
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes()
            if command.startswith(b"git\0receive-pack\0--stateless-rpc\0" + os.fsencode(live.data)):
                yield int(process.name)


def _leftovers(live: LiveServer, kind: str) -> list[Path]:
    return list((live.data / "repositories").rglob(KINDS[kind]))


def _repository(folder: Path) -> Path:
    folder.mkdir()
    _git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=folder, env=_environment(), capture_output=True, text=True, check=False)


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **NOBODY}
