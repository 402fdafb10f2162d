"""The files of a commit in one archive, made by the real git while it is read.

The same commit gives the same bytes: git writes the time of the commit for every file.
"""

from __future__ import annotations

import bz2
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from projects.repository.git_command import GitCommand
from projects.repository.objects import Ref
from projects.repository.repository import Repository

# The end of an address → the kind of archive, which is the end of the file's name.
SUFFIXES = {
    **dict.fromkeys(["tar.gz", "tgz", "gz"], "tar.gz"),
    **dict.fromkeys(["tar.bz2", "tbz", "tbz2", "tb2", "bz2"], "tar.bz2"),
    "tar": "tar",
    "zip": "zip",
}
DEFAULT = "tar.gz"
MAX_ZIP_HEADER = 256  # bytes that a zip has about a folder, besides its name
# As they are offered to people.
KINDS = ("zip", "tar.gz", "tar.bz2", "tar")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class Archive:
    """What lies below `path` ("" for all) at `ref`, in a folder `name`; `kind` is one of KINDS."""

    repository: Repository
    ref: Ref
    kind: str
    name: str
    path: str = ""

    @property
    def file_name(self) -> str:
        return f"{self.name}.{self.kind}"

    @property
    def etag(self) -> str:
        """The same for the same bytes."""
        words = "\0".join((self.ref.sha, self.kind, self.name, self.path))
        return f'"{hashlib.sha256(words.encode(errors="surrogateescape")).hexdigest()[:40]}"'

    def open(self) -> ArchiveBlocks:
        """Raises GitFailed when git can make none of it. To be closed."""
        return ArchiveBlocks(self)


class ArchiveBlocks:
    """The bytes of an archive, of which the first are there. Raises GitFailed when git fails in the middle."""

    def __init__(self, archive: Archive) -> None:
        form = "tar" if archive.kind == "tar.bz2" else archive.kind
        self._command = GitCommand(
            archive.repository.path,
            "archive",
            f"--format={form}",
            f"--prefix={archive.name}/",
            archive.ref.sha,
            "--",
            *([archive.path] if archive.path else []),
        )
        blocks = iter(self._command)
        self._blocks = _bzip2(blocks) if archive.kind == "tar.bz2" else blocks
        try:
            self._first = _read_more_than(self._blocks, len(archive.name.encode()) + MAX_ZIP_HEADER)
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._blocks

    def close(self) -> None:
        self._command.close()


def _read_more_than(blocks: Iterator[bytes], size: int) -> bytes:
    """The beginning, or all there is: of a zip git writes the folder around all files, in pieces of any size, before it
    looks whether it can write these."""
    found = b""
    while len(found) <= size and (block := next(blocks, b"")):
        found += block
    return found


def _bzip2(blocks: Iterator[bytes]) -> Iterator[bytes]:
    compressor = bz2.BZ2Compressor()
    for block in blocks:
        if part := compressor.compress(block):
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
