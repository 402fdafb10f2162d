"""Puts files into the store and takes them out.

    with Incoming(most=limit) as incoming:
        for block in blocks: incoming.write(block)
        with keep(incoming) as blob:         # a transaction
            PackageFile.objects.create(blob=blob, …)
    …
    sweep([sha256])                          # after the rows that referred to it are gone, outside any transaction

A lock file per folder keeps the two apart: a file is not swept between being found useful again and being referred to.
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
from typing import Self

from django.conf import settings
from django.db import transaction

from blobs.models import Blob, path_of

INCOMING = "incoming"
LOCKS = "locks"
# An upload that made no progress for this long will not go on.
STALE_SECONDS = 24 * 3600


class TooLarge(Exception):
    """More bytes than allowed."""


class Incoming:
    """A file on its way in: hashed while it is written beside its later place, gone again unless kept.

    `digests` holds sha256 always, and what `also` names ("md5", "sha1"), as hex.
    """

    def __init__(self, *, most: int = 0, also: Iterable[str] = ()) -> None:
        """`most` bytes are taken; 0 for any number."""
        self.most = most
        self.size = 0
        self._hashes = {name: hashlib.new(name, usedforsecurity=False) for name in ("sha256", *also)}
        folder = Path(settings.BLOBS_DIR) / INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / uuid.uuid4().hex
        self._file = self.path.open("xb", buffering=0)

    def write(self, block: bytes) -> None:
        """Raises TooLarge."""
        self.size += len(block)
        if self.most and self.size > self.most:
            raise TooLarge
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        for known in self._hashes.values():
            known.update(block)

    @property
    def digests(self) -> dict[str, str]:
        return {name: known.hexdigest() for name, known in self._hashes.items()}

    def settle(self) -> None:
        """On the disk, whatever happens to the machine."""
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def keep(incoming: Incoming) -> Iterator[Blob]:
    """A transaction in which the file is in its place and its row exists; refer to the row before the end."""
    incoming.settle()
    sha256 = incoming.digests["sha256"]
    # In this order: the lock is let go only after the end of the transaction.
    with _lock(sha256, fcntl.LOCK_SH), transaction.atomic():
        blob, _ = Blob.objects.get_or_create(sha256=sha256, defaults={"size": incoming.size})
        _place(incoming.path, blob.path)
        yield blob


def _place(source: Path, target: Path) -> None:
    """The same name means the same bytes: what is there already may be replaced at any moment."""
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def sweep(hashes: Iterable[str]) -> int:
    """Removes those of these files that nobody refers to any longer; returns how many went."""
    gone = 0
    for sha256 in hashes:
        with _lock(sha256, fcntl.LOCK_EX):
            deleted, _ = Blob.objects.orphans().filter(pk=sha256).delete()
            if deleted:
                path_of(sha256).unlink(missing_ok=True)
                gone += 1
    return gone


def sweep_all() -> int:
    """Every file that nobody refers to, and what is left of uploads that never ended."""
    folder = Path(settings.BLOBS_DIR) / INCOMING
    before = time.time() - STALE_SECONDS
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
    return sweep(list(Blob.objects.orphans().values_list("pk", flat=True)))


@contextmanager
def _lock(sha256: str, how: int) -> Iterator[None]:
    """Shared for those who bring, exclusive for those who take away."""
    folder = Path(settings.BLOBS_DIR) / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / sha256[:2]).open("ab") as file:
        fcntl.flock(file, how)
        yield  # closing the file lets the lock go
