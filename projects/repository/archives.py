"""The files of a commit in one archive, made by the real git.

The same commit gives the same bytes: git writes the time of the commit for every file. It is made into a temporary file
before any of it is sent, so that no slow reader keeps git, and one of the few slots, waiting. What is larger than that
file may be is made while it is read, for readers who are quick enough.
"""

from __future__ import annotations

import bz2
import hashlib
import re
import tempfile
import time
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore
from urllib.parse import quote

from projects.repository.git_command import MAX_SECONDS, GitCommand, GitOverLimit
from projects.repository.objects import Ref
from projects.repository.repository import Repository
from projects.repository.smudging import Smudging

# The end of an address → the kind of archive, which is the end of the file's name.
SUFFIXES = {
    **dict.fromkeys(["tar.gz", "tgz", "gz"], "tar.gz"),
    **dict.fromkeys(["tar.bz2", "tbz", "tbz2", "tb2", "bz2"], "tar.bz2"),
    "tar": "tar",
    "zip": "zip",
}
DEFAULT = "tar.gz"
# In each process: of its threads some are left for those who want no archive.
MAX_AT_ONCE = 2
MAX_SENDING_SECONDS = 3600
MAX_SPOOL_BYTES = 128 * 1024 * 1024  # of the temporary file of each archive
# What a reader of a larger one has to take, on the average after so many seconds of waiting for them.
MIN_BYTES_PER_SECOND = 256 * 1024
GRACE_SECONDS = 30
BLOCK = 64 * 1024
_SLOTS = BoundedSemaphore(MAX_AT_ONCE)
# As they are offered to people.
KINDS = ("zip", "tar.gz", "tar.bz2", "tar")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


class TooManyArchives(Exception):
    """As many are being made as may be at once, or there is no room for another."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What lies below `path` ("" for all) at `ref`, in a folder `name`; `kind` is one of KINDS. `objects`: what is kept
    outside the repository, put in the place of its pointers."""

    repository: Repository
    ref: Ref
    kind: str
    name: str
    path: str = ""
    objects: Mapping[str, Path] = field(default_factory=dict)

    @property
    def file_name(self) -> str:
        return f"{self.name}.{self.kind}"

    @property
    def etag(self) -> str:
        """The same for the same bytes."""
        words = "\0".join((self.ref.sha, self.kind, self.name, self.path, *sorted(self.objects)))
        return f'"{hashlib.sha256(words.encode(errors="surrogateescape")).hexdigest()[:40]}"'

    def open(self) -> ArchiveBlocks:
        """Raises GitFailed when git can make none of it, and TooManyArchives. To be closed."""
        return ArchiveBlocks(self)


class ArchiveBlocks:
    """The bytes of an archive, of which the first MAX_SPOOL_BYTES are there. Raises GitFailed when git fails behind
    them, and GitOverLimit when making or sending it takes too long."""

    def __init__(self, archive: Archive) -> None:
        if not _SLOTS.acquire(blocking=False):
            raise TooManyArchives
        self._free_slot = weakref.finalize(self, _SLOTS.release)
        try:
            self._open(archive)
        except BaseException:
            self._free_slot()
            raise

    def _open(self, archive: Archive) -> None:
        self._smudging = Smudging(archive.objects)
        form = "tar" if archive.kind == "tar.bz2" else archive.kind
        self._command = GitCommand(
            archive.repository.path,
            "archive",
            f"--format={form}",
            f"--prefix={archive.name}/",
            archive.ref.sha,
            "--",
            *([archive.path] if archive.path else []),
            config=self._smudging.config,
            variables=self._smudging.variables,
        )
        blocks = iter(self._command)
        self._blocks = _bzip2(blocks) if archive.kind == "tar.bz2" else blocks
        self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close()
        try:
            self._is_whole = self._fill_spool()
        except BaseException:
            self.close()
            raise
        if self._is_whole:
            self._end_git()

    def _fill_spool(self) -> bool:
        """Whether that is all of it."""
        for block in self._blocks:
            try:
                self._spool.write(block)
            except OSError as error:
                raise TooManyArchives from error
            if self._spool.tell() > MAX_SPOOL_BYTES:
                return False
        return True

    def __iter__(self) -> Iterator[bytes]:
        end, sent, waited = time.monotonic() + MAX_SENDING_SECONDS, 0, 0.0
        for block in self._all_blocks():
            start = time.monotonic()
            yield block
            now = time.monotonic()
            sent, waited = sent + len(block), waited + now - start
            is_slow = waited > GRACE_SECONDS + sent / MIN_BYTES_PER_SECOND
            if now > end or (is_slow and not self._is_whole):
                raise GitOverLimit("The archive took too long to send.")

    def _all_blocks(self) -> Iterator[bytes]:
        self._spool.seek(0)
        while block := self._spool.read(BLOCK):
            yield block
        if not self._is_whole:
            yield from self._blocks

    def close(self) -> None:
        self._spool.close()
        self._end_git()

    def _end_git(self) -> None:
        self._command.close()
        self._smudging.close()
        self._free_slot()


def _bzip2(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """In as much processor time as git itself has for the other kinds."""
    compressor, spent = bz2.BZ2Compressor(), 0.0
    for block in blocks:
        start = time.thread_time()
        part = compressor.compress(block)
        spent += time.thread_time() - start
        if spent > MAX_SECONDS:
            raise GitOverLimit("The archive took too long to compress.")
        if part:
            yield part
    yield compressor.flush()


def archive_addresses(full_path: str, ref_name: str) -> list[tuple[str, str]]:
    """Where the page of a project has an archive of each of KINDS, as (kind, path)."""
    project_path, ref = full_path.rpartition("/")[2], quote(ref_name)
    name = quote(f"{project_path}-{ref_name}".replace("/", "-"))
    return [(kind, f"/{full_path}/-/archive/{ref}/{name}.{kind}") for kind in KINDS]


def archive_name(project_path: str, ref: Ref, path: str = "", *, with_sha: bool) -> str:
    """`library-main-<id>`, the id left out where the ref is one already; `-docs` at the end for a folder `docs`."""
    parts = [
        project_path,
        ref.name,
        *([ref.sha] if with_sha and ref.name != ref.sha else []),
        *([path] if path else []),
    ]
    return _CONTROL.sub("_", "-".join(parts).replace("/", "-"))
