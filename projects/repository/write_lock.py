"""Who writes to a repository holds a shared lock on a file named after it: it tells what a dead writer left behind from
what a living one still needs.

The lock belongs to the process and to the children it hands the open file to; the kernel releases it with the last of
them, however they end. A writer puts one mark into the file when it begins and another when it ends, and the last one
deletes the file if all have ended. A file that nobody locks therefore names a repository whose writer was killed
(projects.repository.leftovers).
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from outages.kinds import require_room

LOCKS = "locks"  # beside the folders of a thousand repositories
_BEGIN, _END = b"+", b"-"


def lock_path(repository: Path) -> Path:
    return repository.parent.parent / LOCKS / repository.name


class WriteLock:
    """Waits while another process removes leftovers, which takes milliseconds."""

    def __init__(self, repository: Path) -> None:
        self._path = lock_path(repository)
        self._file = self._open()

    def _open(self) -> IO[bytes]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        require_room(self._path.parent)  # libgit2 does not always say why it could not write
        while True:
            file = self._path.open("a+b", buffering=0)
            fcntl.flock(file, fcntl.LOCK_SH)
            if is_current(file, self._path):
                file.write(_BEGIN)
                return file
            file.close()

    def fileno(self) -> int:
        """To be handed to children that write."""
        return self._file.fileno()

    def release(self) -> None:
        """More than once is as good as once."""
        if self._file.closed:
            return
        with self._file, suppress(OSError):  # another one holds it, or the disk is full: the file stays
            self._file.write(_END)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if is_current(self._file, self._path) and self._have_all_ended():
                self._path.unlink()

    def _have_all_ended(self) -> bool:
        self._file.seek(0)
        marks = self._file.read()
        return marks.count(_BEGIN) == marks.count(_END)

    def abandon(self) -> None:
        """Instead of `release` when a child was killed: the file stays, so that its leftovers are looked for."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_current(file: IO[bytes], path: Path) -> bool:
    """Whether the file was not deleted, and perhaps created anew, before its lock was acquired."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
