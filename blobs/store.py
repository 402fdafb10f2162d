"""Puts files into the store and takes them out.

    with TemporaryBlob(max_bytes=limit) as upload:
        for block in blocks: upload.write(block)
        with commit(upload) as blob:         # a transaction
            PackageFile.objects.create(blob=blob, …)
    …
    mark_unreferenced([sha256])              # after the rows that referred to it are deleted, outside any transaction

A lock file per folder keeps uploads and garbage collection apart: a blob that an upload has linked into place is not
deleted before the upload ends.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from django.conf import settings
from django.db import transaction

from blobs.errors import TooLarge
from blobs.models import Blob, path_of

# Folders in BLOBS_DIR; their names stay as they are on the disks of existing instances.
TEMPORARY = "incoming"
LOCKS = "locks"
GC_QUEUE = "loose"
# What has come is sent to the disk after so many bytes, so that little is left to wait for at the end.
WRITE_OUT_BYTES = 16 * 1024 * 1024
BATCH_SIZE = 500
# An upload that made no progress for this long will not go on.
STALE_SECONDS = 24 * 3600


class TemporaryBlob:
    """An upload in progress: hashed while it is written to a temporary file, deleted again unless committed.

    After a commit this file is a second name of the blob, or a copy of one that was stored already. Both are left to
    the garbage collection, because freeing a copy takes time and would reveal that the content was known.

    `digests` holds sha256 always, and the `extra_digests` ("md5", "sha1", "sha512", "blake2_256"), as hex.
    """

    def __init__(self, *, max_bytes: int = 0, extra_digests: Iterable[str] = ()) -> None:
        """`max_bytes`: longer content raises TooLarge; 0 for no limit."""
        self.max_bytes = max_bytes
        self.size = self._written_out = 0
        self._hashes = {name: _new_hash(name) for name in ("sha256", *extra_digests)}
        folder = Path(settings.BLOBS_DIR) / TEMPORARY
        self.path = folder / uuid.uuid4().hex
        folder.mkdir(parents=True, exist_ok=True)
        self._file = self.path.open("xb", buffering=0)
        self._lock: IO[bytes] | None = None
        self.is_linked = False

    def write(self, block: bytes | memoryview) -> None:
        """Raises TooLarge."""
        self.size += len(block)
        if self.max_bytes and self.size > self.max_bytes:
            raise TooLarge
        rest = memoryview(block)
        while rest:
            rest = rest[self._file.write(rest) :]
        for known in self._hashes.values():
            known.update(block)
        if self.size - self._written_out >= WRITE_OUT_BYTES:
            self._write_out()

    def _write_out(self) -> None:
        """Begins to; waits for nothing. Linux takes "not needed any more" so for bytes that are not on the disk yet."""
        if hasattr(os, "posix_fadvise"):
            start, length = self._written_out, self.size - self._written_out
            os.posix_fadvise(self._file.fileno(), start, length, os.POSIX_FADV_DONTNEED)
        self._written_out = self.size

    @cached_property
    def digests(self) -> dict[str, str]:
        """Of all that was written, as hex; to be asked for once that is all."""
        return {name: known.hexdigest() for name, known in self._hashes.items()}

    def flush_and_lock(self) -> None:
        """Write everything to the disk, and keep the blob safe from garbage collection until this upload ends."""
        os.fsync(self._file.fileno())
        self._file.close()
        self._lock = _lock_folder(self.digests["sha256"], fcntl.LOCK_SH)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if self.is_linked:
            marker = _gc_marker_path(self.digests["sha256"])
            try:
                os.replace(self.path, marker)
            except FileNotFoundError:  # it was moved into place
                marker.touch()
        else:
            self.path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()


def _new_hash(name: str) -> Any:
    if name == "blake2_256":  # as Python packages call BLAKE2b of 256 bits
        return hashlib.blake2b(digest_size=32)
    return hashlib.new(name, usedforsecurity=False)


@contextmanager
def commit(upload: TemporaryBlob) -> Iterator[Blob]:
    """Open a transaction in which the blob and its row exist; refer to the row before it ends."""
    upload.flush_and_lock()
    with transaction.atomic():
        # One statement for known bytes and for new ones: whoever brings them may not learn that somebody else has them.
        blob = Blob(sha256=upload.digests["sha256"], size=upload.size)
        Blob.objects.bulk_create([blob], ignore_conflicts=True)
        _link_into_place(upload.path, blob.path)
        upload.is_linked = True
        yield blob


def _link_into_place(source: Path, target: Path) -> None:
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


def delete_unreferenced(hashes: Iterable[str]) -> int:
    """Delete those of these blobs that nothing refers to, or that have no row. Return how many were deleted."""
    return sum(_delete_unreferenced(sha256) for sha256 in hashes)


def _delete_unreferenced(sha256: str) -> bool:
    with _lock_folder(sha256, fcntl.LOCK_EX):
        Blob.objects.unreferenced().filter(pk=sha256).delete()
        path = path_of(sha256)
        if Blob.objects.filter(pk=sha256).exists() or not path.exists():
            return False
        path.unlink()
        return True


def mark_unreferenced(hashes: Iterable[str]) -> None:
    """Queue these blobs for garbage collection. Constant work for the caller: timing must not reveal that another
    project stores the same content."""
    for sha256 in hashes:
        _gc_marker_path(sha256).touch()


def release_on_commit(hashes: Iterable[str]) -> None:
    """Queue these blobs for garbage collection once the transaction that removes their last reference is committed.
    Should that fail on a full disk, `sweep_blobs` finds them."""
    transaction.on_commit(partial(mark_unreferenced, set(hashes)), robust=True)


def _gc_marker_path(sha256: str) -> Path:
    """A new path in the queue; a file there has the garbage collection look at `sha256`, and is deleted by it."""
    folder = Path(settings.BLOBS_DIR) / GC_QUEUE
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{sha256}.{uuid.uuid4().hex}"


def collect_garbage() -> int:
    """Process the queue; return how many blobs were deleted. May run on any number of machines at once."""
    deleted, markers = 0, list((Path(settings.BLOBS_DIR) / GC_QUEUE).glob("*"))
    for start in range(0, len(markers), BATCH_SIZE):
        hashes = set()
        for marker in markers[start : start + BATCH_SIZE]:
            marker.unlink(missing_ok=True)  # first: a marker that is added meanwhile is for the next pass
            hashes.add(marker.name.partition(".")[0])
        deleted += delete_unreferenced(hashes - _referenced_hashes(hashes))
    return deleted


def _referenced_hashes(hashes: set[str]) -> set[str]:
    """Those that something refers to."""
    known = Blob.objects.filter(pk__in=hashes)
    return set(known.values_list("pk", flat=True)) - set(known.unreferenced().values_list("pk", flat=True))


def clear_stale_uploads() -> int:
    """Remove the temporary files of uploads whose process was killed; return how many. What one had linked into place
    is queued, as after one that failed."""
    before, count = time.time() - STALE_SECONDS, 0
    for path in (Path(settings.BLOBS_DIR) / TEMPORARY).glob("*"):
        with suppress(FileNotFoundError):
            state = path.stat()
            if state.st_mtime >= before:
                continue
            if state.st_nlink > 1:
                os.replace(path, _gc_marker_path(_sha256_of(path)))
            else:
                path.unlink()
            count += 1
    return count


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def collect_all_garbage() -> int:
    """Also blobs that nothing ever queued, and the temporary files of uploads that never ended."""
    deleted = clear_stale_uploads() + collect_garbage()
    unreferenced = set(Blob.objects.unreferenced().values_list("pk", flat=True))
    stored = {path.name for path in Path(settings.BLOBS_DIR).glob("??/??/*")}
    unknown = stored - set(Blob.objects.values_list("pk", flat=True))
    return deleted + delete_unreferenced(unreferenced | unknown)


def _lock_folder(sha256: str, how: int) -> IO[bytes]:
    """Shared for uploads, exclusive for deletion. Closing the file releases the lock."""
    folder = Path(settings.BLOBS_DIR) / LOCKS
    folder.mkdir(parents=True, exist_ok=True)
    file = (folder / sha256[:2]).open("ab")
    fcntl.flock(file, how)
    return file
