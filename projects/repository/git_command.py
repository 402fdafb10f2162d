"""Runs the real git to read from a repository: archives, patches, the refs that hold a commit.

    command = GitCommand(path, "archive", "--format=tar", commit_id)
    for block in command: …     # what it writes; raises GitFailed at the end if it failed
    command.close()             # ends it if it still runs

There is no shell, and nobody's words become an option: callers pass ids of objects, `--name=value`, and paths behind
`--`, which are taken to the letter.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from projects.repository.git_environment import git_environment

log = logging.getLogger(__name__)

BLOCK = 1024 * 1024
# A tree of a few kilobytes can stand for thousands of millions of files: the kernel ends a git that unfolds it.
MAX_MEMORY = 512 * 1024 * 1024  # bytes
MAX_SECONDS = 600  # of processor time
STOP_SECONDS = 10.0  # seconds git has to stop in good order
_CONFIG = {"core.bigFileThreshold": "16m"}  # larger files pass through git without being held in memory


class GitFailed(Exception):
    """Git could not do it."""


class GitOverLimit(GitFailed):
    """It took more memory or time than it has."""


class OutputTooLarge(Exception):
    """Git had more to say than anyone wants to hear."""


class GitCommand:
    """One process, within MAX_MEMORY and `seconds` of processor time. `config`: more of git's settings; `variables`: of
    its environment."""

    def __init__(
        self,
        repository: Path,
        *arguments: str,
        seconds: int = MAX_SECONDS,
        config: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 closed in close()
        # A group of its own, so that git's helpers end with it.
        self._process = subprocess.Popen(
            ["git", f"--git-dir={repository}", "--literal-pathspecs", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=git_environment({**_CONFIG, **(config or {})}) | dict(variables or {}),
            cwd="/",
            start_new_session=True,
        )
        with suppress(ProcessLookupError):
            resource.prlimit(self._process.pid, resource.RLIMIT_DATA, (MAX_MEMORY, MAX_MEMORY))
            resource.prlimit(self._process.pid, resource.RLIMIT_CPU, (seconds, seconds + 1))
        assert self._process.stdout is not None
        self._out = self._process.stdout

    def __iter__(self) -> Iterator[bytes]:
        """Raises GitFailed, after the last block."""
        while block := os.read(self._out.fileno(), BLOCK):
            yield block
        if self._process.wait() != 0:
            self._errors.seek(0)
            complaint = self._errors.read(2000).decode(errors="replace").strip()
            log.warning("git ended with status %s: %s", self._process.returncode, complaint)
            is_over = self._process.returncode < 0 or "out of memory" in complaint.lower()
            raise (GitOverLimit if is_over else GitFailed)(complaint)

    def close(self) -> None:
        """More than once is as good as once."""
        for stream in (self._out, self._errors):
            with suppress(OSError):
                stream.close()
        for how in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                return
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, how)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)


def read_output(repository: Path, *arguments: str, max_bytes: int, seconds: int) -> bytes:
    """All that git writes. Raises OutputTooLarge, GitFailed."""
    command = GitCommand(repository, *arguments, seconds=seconds)
    found = bytearray()
    try:
        for block in command:
            found += block
            if len(found) > max_bytes:
                raise OutputTooLarge
    finally:
        command.close()
    return bytes(found)
