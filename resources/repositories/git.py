"""Runs the real git over one repository, streamed both ways.

    run = GitRun(Service.UPLOAD_PACK, path, protocol="version=2")
    run.feed(blocks)          # the request; nothing of it is kept
    for block in run: …       # the answer; nothing of it is kept
    run.close()               # ends git if it still runs

Nothing secret is handed over: git learns the repository's path and nothing about who asks.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import resource
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import IO

from outages.kinds import names_full_disk
from projects.repository.git_environment import git_environment
from projects.repository.write_lock import WriteLock

log = logging.getLogger(__name__)

BLOCK = 1024 * 1024
# Bytes for git and each of its helpers: a delta of some kilobytes can unfold into a file of any size, all in memory.
MAX_PUSH_MEMORY = 2 * 1024**3
HOOKS = Path(__file__).parent / "hooks"
HOOK_FOLDER_VARIABLE = "TOKENACCESS_PUSH"  # tells the hooks the folder of hook_channel.HookChannel
STOP_SECONDS = 10.0  # seconds git has to stop in good order
_PROTOCOL = re.compile(r"[A-Za-z0-9=:._-]{1,200}\Z")


class Service(StrEnum):
    UPLOAD_PACK = "git-upload-pack"
    RECEIVE_PACK = "git-receive-pack"


# Said on each run instead of in each repository, so that a repository that came from elsewhere is served the same way.
CONFIG = {
    "core.bigFileThreshold": "16m",  # larger files pass through git without being held in memory
    "core.hooksPath": str(HOOKS),
    "uploadpack.allowFilter": "true",
    "uploadpack.allowAnySHA1InWant": "true",
    "receive.autogc": "false",
    "receive.advertisePushOptions": "true",
    "receive.fsckObjects": "true",
    "receive.fsck.badTimezone": "ignore",
    "receive.fsck.missingSpaceBeforeDate": "ignore",
    "receive.fsck.zeroPaddedFilemode": "ignore",
    # Refs the server keeps for itself: readable, so that a runner can fetch them, never pushed.
    "receive.hideRefs": "refs/pipelines",
}


def environment(protocol: str = "", push: Path | None = None) -> dict[str, str]:
    """All that git and its hooks see: nobody's settings, home or secrets but what stands here."""
    env = git_environment(CONFIG)
    if _PROTOCOL.match(protocol):
        env["GIT_PROTOCOL"] = protocol
    if push is not None:
        env[HOOK_FOLDER_VARIABLE] = str(push)
    return env


class GitRun:
    """One process. `feed` first, then iterate; `close` in any case.

    A push holds the repository's write lock, and hands it to git: should this process be killed, git still holds it.
    """

    def __init__(
        self,
        service: Service,
        repository: Path,
        *,
        protocol: str = "",
        advertise: bool = False,
        push: Path | None = None,
    ) -> None:
        self.early_output = tempfile.SpooledTemporaryFile(max_size=BLOCK)  # noqa: SIM115 closed in close()
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._lock = WriteLock(repository) if push is not None else None
        options = ["--stateless-rpc", "--advertise-refs"] if advertise else ["--stateless-rpc"]
        # A group of its own, so that git's helpers (pack-objects, index-pack) end with it.
        self.process = subprocess.Popen(
            ["git", service.removeprefix("git-"), *options, str(repository)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            env=environment(protocol, push),
            cwd="/",
            start_new_session=True,
            pass_fds=[self._lock.fileno()] if self._lock is not None else [],
        )
        if push is not None:
            with suppress(ProcessLookupError):
                resource.prlimit(self.process.pid, resource.RLIMIT_DATA, (MAX_PUSH_MEMORY, MAX_PUSH_MEMORY))
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._in: IO[bytes] = self.process.stdin
        self._out: IO[bytes] = self.process.stdout
        _widen(self._in, self._out)
        self.is_fed = False

    def feed(self, blocks: Iterable[bytes]) -> None:
        """Hands the request to git and sets aside what git says meanwhile: neither may wait for the other."""
        os.set_blocking(self._in.fileno(), False)
        waiting = select.poll()
        waiting.register(self._in, select.POLLOUT)
        waiting.register(self._out, select.POLLIN)
        with suppress(BrokenPipeError):  # git has heard enough; its answer says why
            for block in blocks:
                self._feed(memoryview(block), waiting)
            self.is_fed = True
        with suppress(BrokenPipeError):
            self._in.close()

    def _feed(self, rest: memoryview, waiting: select.poll) -> None:
        while rest:
            for descriptor, event in waiting.poll():
                if descriptor == self._in.fileno() and event & (select.POLLOUT | select.POLLERR):
                    with suppress(BlockingIOError):
                        rest = rest[os.write(descriptor, rest) :]
                elif event & select.POLLIN:
                    self.early_output.write(os.read(descriptor, BLOCK))
                elif descriptor == self._out.fileno():
                    waiting.unregister(descriptor)

    def __iter__(self) -> Iterator[bytes]:
        self.early_output.seek(0)
        while block := self.early_output.read(BLOCK):
            yield block
        while block := os.read(self._out.fileno(), BLOCK):
            yield block

    def wait_failed(self) -> bool:
        """Waits for git's end, after its last word."""
        failed = self.process.wait() != 0
        if failed:
            self.errors.seek(0)
            complaint = self.errors.read(2000).decode(errors="replace").strip()
            full_disk = OSError(errno.ENOSPC, complaint) if names_full_disk(complaint) else None
            log.warning("git ended with status %s: %s", self.process.returncode, complaint, exc_info=full_disk)
        return failed

    def close(self) -> None:
        for stream in (self._in, self._out, self.early_output, self.errors):
            with suppress(OSError):
                stream.close()
        if self.process.poll() is None:
            self._end()
        if self._lock is not None:
            ended_itself = self.process.returncode is not None and self.process.returncode >= 0
            (self._lock.release if ended_itself else self._lock.abandon)()

    def _end(self) -> None:
        """In good order first, so that git takes its temporary files and locks away."""
        for how in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, how)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_SECONDS)
                return


def _widen(*pipes: IO[bytes]) -> None:
    """Linux's pipes hold 64 KiB; a wider one means fewer wake-ups. Where that is not allowed, it works as it is."""
    for pipe in pipes:
        with suppress(OSError, AttributeError):
            fcntl.fcntl(pipe.fileno(), fcntl.F_SETPIPE_SZ, BLOCK)
