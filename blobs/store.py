"""Puts files into the store and takes them out.

    with Incoming(most=limit) as incoming:
        for block in blocks: incoming.write(block)
        with keep(incoming) as blob:         # a transaction
            PackageFile.objects.create(blob=blob, …)
    …
    let_go([sha256])                         # after the rows that referred to it are gone, outside any transaction

A lock file per folder keeps the two apart: what an upload has put in its place is not swept before the upload is over.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from django.conf import settings
from django.db import transaction

from blobs.models import Blob, path_of

INCOMING = "incoming"
LOCKS = "locks"
LOOSE = "loose"
# What has come is sent to the disk after so many bytes, so that little is left to wait for at the end.
WRITE_OUT_EVERY = 16 * 1024 * 1024
BATCH = 500
# An upload that made no progress for this long will not go on.
STALE_SECONDS = 24 * 3600


class TooLarge(Exception):
    """More bytes than allowed."""


class Incoming:
    """A file on its way in: hashed while it is written beside its later place, gone again unless kept.

    What is kept has this as a second name, until the clean-up; or it is a copy of what was there already. To free one
    takes time, and only the copy holds something to free.

    `digests` holds sha256 always, and what `also` names ("md5", "sha1"), as hex.
    """

    def __init__(self, *, most: int = 0, also: Iterable[str] = ()) -> None:
        """`most` bytes are taken; 0 for any number."""
        self.most = most
        self.size = self._written_out = 0
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in ("sha256", *also)}
        folder = Path(settings.BLOBS_DIR) / INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / uuid.uuid4().hex
        self._file = self.path.open("xb", buffering=0)
        self._lock: IO[bytes] | None = None
        self.is_placed = False

    def write(self, block: bytes | memoryview) -> None:
        """Raises TooLarge."""
        self.size += len(block)
        if self.most and self.size > self.most:
            raise TooLarge
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        for known in self._hashes.values():
            known.update(block)
        if self.size - self._written_out >= WRITE_OUT_EVERY:
            self._write_out()

    def _write_out(self) -> None:
        """Begins to; waits for nothing. Linux takes "not needed any more" so for bytes that are not on the disk yet."""
        if hasattr(os, "posix_fadvise"):
            start, length = self._written_out, self.size - self._written_out
            os.posix_fadvise(self._file.fileno(), start, length, os.POSIX_FADV_DONTNEED)
        self._written_out = self.size

    @property
    def digests(self) -> dict[str, str]:
        return {name: known.hexdigest() for name, known in self._hashes.items()}

    def settle(self) -> None:
        """On the disk, whatever happens to the machine; and safe from the sweeper until the end of this upload."""
        os.fsync(self._file.fileno())
        self._file.close()
        self._lock = _locked(self.digests["sha256"], fcntl.LOCK_SH)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self.is_placed:
            with suppress(FileNotFoundError):
                os.replace(self.path, _note(self.digests["sha256"]))
        else:
            self.path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()


@contextmanager
def keep(incoming: Incoming) -> Iterator[Blob]:
    """A transaction in which the file is in its place and its row exists; refer to the row before the end."""
    incoming.settle()
    with transaction.atomic():
        # One statement for known bytes and for new ones: whoever brings them may not learn that somebody else has them.
        blob = Blob(sha256=incoming.digests["sha256"], size=incoming.size)
        Blob.objects.bulk_create([blob], ignore_conflicts=True)
        _place(incoming.path, blob.path)
        incoming.is_placed = True
        yield blob


def _place(source: Path, target: Path) -> None:
    """The same name means the same bytes: what is there already stays. The folder is written in each case."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        pass
    except OSError:  # a file system that gives no second names
        os.replace(source, target)
    os.utime(target.parent)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep(hashes: Iterable[str]) -> int:
    """Removes those of these files that nobody refers to, or that no row knows; returns how many went."""
    return sum(_sweep(sha256) for sha256 in hashes)


def _sweep(sha256: str) -> bool:
    with _locked(sha256, fcntl.LOCK_EX):
        Blob.objects.orphans().filter(pk=sha256).delete()
        path = path_of(sha256)
        if Blob.objects.filter(pk=sha256).exists() or not path.exists():
            return False
        path.unlink()
        return True


def let_go(hashes: Iterable[str]) -> None:
    """Leaves a note for the clean-up to sweep these. Whoever lets go waits for the same work whether the file goes or
    stays: the time would tell that somebody else has the very same."""
    for sha256 in hashes:
        _note(sha256).touch()


def _note(sha256: str) -> Path:
    """A new name for a file that has the clean-up look after `sha256`, and goes itself."""
    folder = Path(settings.BLOBS_DIR) / LOOSE
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{sha256}.{uuid.uuid4().hex}"


def sweep_loose() -> int:
    """What has been let go of; returns how many files went. On any number of machines at once."""
    gone, notes = 0, list((Path(settings.BLOBS_DIR) / LOOSE).glob("*"))
    for start in range(0, len(notes), BATCH):
        hashes = set()
        for note in notes[start : start + BATCH]:
            note.unlink(missing_ok=True)  # first: a note that comes while we sweep is for the next time
            hashes.add(note.name.partition(".")[0])
        gone += sweep(hashes - _used(hashes))
    return gone


def _used(hashes: set[str]) -> set[str]:
    """Those that somebody refers to."""
    known = Blob.objects.filter(pk__in=hashes)
    return set(known.values_list("pk", flat=True)) - set(known.orphans().values_list("pk", flat=True))


def sweep_all() -> int:
    """Every file that nobody refers to, and what is left of uploads that never ended."""
    before = time.time() - STALE_SECONDS
    for path in (Path(settings.BLOBS_DIR) / INCOMING).glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
    gone = sweep_loose()
    orphans = set(Blob.objects.orphans().values_list("pk", flat=True))
    stored = {path.name for path in Path(settings.BLOBS_DIR).glob("??/??/*")}
    unknown = stored - set(Blob.objects.values_list("pk", flat=True))
    return gone + sweep(orphans | unknown)


def _locked(sha256: str, how: int) -> IO[bytes]:
    """Shared for those who bring, exclusive for those who take away. Closing the file lets the lock go."""
    folder = Path(settings.BLOBS_DIR) / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / sha256[:2]).open("ab")
    fcntl.flock(file, how)
    return file
