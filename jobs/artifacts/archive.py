"""Reads untrusted zip archives: in bounded memory, and without names that lead out of the archive.

with Archive(blob.path) as archive:
    archive.folder("build")                 # for the browser
    for block in archive.open("build/app.txt").blocks(): …
"""

from __future__ import annotations

import codecs
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

# The central directory is read at once; this is enough for about a hundred thousand usual names.
MAX_DIRECTORY_SIZE = 16 * 1024 * 1024
MAX_ROWS = 1000
MAX_TREE_ROWS = 100_000
BLOCK = 256 * 1024
SNIFF_BYTES = 8 * 1024
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
)
# What the runner writes. Other methods use as much memory as the archive asks for.
_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 1


class NotAnArchive(Exception):
    """The file is no zip archive, or is damaged."""


class TooManyEntries(Exception):
    """The archive has too many entries to be read; it can only be downloaded."""


class BadPath(Exception):
    """The path is absolute, has `..` or empty parts, or names a folder where a file is expected."""


class NoSuchEntry(Exception):
    """The archive has no readable entry of that name."""


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """One entry of a folder. `path`: from the top of the archive. `size`: 0 for a folder."""

    name: str
    path: str
    is_folder: bool
    size: int = 0


@dataclass(frozen=True, slots=True)
class Folder:
    rows: list[ArchiveRow]
    hidden: int  # entries left out: beyond MAX_ROWS, or with names that lead out of the archive


def split_path(path: str) -> list[str]:
    """The parts of a path within the archive. Raises BadPath."""
    parts = path.split("/")
    if not path or "\0" in path or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        raise BadPath
    return parts


def check_archive(path: Path) -> None:
    """Check that the file is a zip archive. Raises NotAnArchive."""
    try:
        with Archive(path):
            pass
    except TooManyEntries:
        return


class ArchiveEntry:
    """One file of an open archive; `size` in bytes, as the archive says."""

    def __init__(self, info: zipfile.ZipInfo, file: IO[bytes]) -> None:
        self.size, self._file = info.file_size, file
        self._first = self._read()

    @property
    def is_text(self) -> bool:
        """Whether its beginning is UTF-8 text; the last character there may be cut in two."""
        start = self._first[:SNIFF_BYTES]
        try:
            codecs.getincrementaldecoder("utf-8")().decode(start)
        except UnicodeDecodeError:
            return False
        return b"\0" not in start

    def head(self, size: int) -> bytes:
        """The first `most` bytes."""
        read = bytearray()
        for block in self.blocks():
            read += block
            if len(read) >= size:
                break
        return bytes(read[:size])

    def blocks(self) -> Iterator[bytes]:
        """The content, to be read once. Ends early if the archive is damaged, so that clients get too few bytes."""
        block = self._first
        while block:
            yield block
            try:
                block = self._read()
            except NoSuchEntry:
                return

    def _read(self) -> bytes:
        try:
            return self._file.read(BLOCK)
        except _BROKEN as error:
            raise NoSuchEntry from error


class Archive:
    """An open archive, to be used with `with`. Raises NotAnArchive, TooManyEntries."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            if directory_size(self._file) > MAX_DIRECTORY_SIZE:
                raise TooManyEntries
            self._zip = zipfile.ZipFile(self._file)
        except _BROKEN as error:
            self._file.close()
            raise NotAnArchive from error
        except (NotAnArchive, TooManyEntries):
            self._file.close()
            raise

    def folder(self, path: str = "", *, max_rows: int = MAX_ROWS) -> Folder:
        """The entries directly in a folder, folders first. Raises BadPath, NoSuchEntry."""
        prefix = "".join(f"{part}/" for part in split_path(path)) if path else ""
        folders: dict[str, ArchiveRow] = {}
        files: dict[str, ArchiveRow] = {}
        hidden, exists = 0, not path
        for info in self._zip.infolist():
            if not info.filename.startswith(prefix):
                continue
            exists = True
            name, inside, _ = info.filename[len(prefix) :].partition("/")
            try:
                split_path(info.filename.removesuffix("/"))
            except BadPath:
                hidden += 1
                continue
            if inside:
                folders[name] = ArchiveRow(name, prefix + name, True)
            elif name:
                files[name] = ArchiveRow(name, prefix + name, False, info.file_size)
        if not exists:
            raise NoSuchEntry
        rows = [*(folders[name] for name in sorted(folders)), *(files[name] for name in sorted(files))]
        return Folder(rows[:max_rows], hidden + len(rows[max_rows:]))

    def tree(self, path: str = "") -> list[ArchiveRow]:
        """All entries below a folder, at any depth, by path. Raises BadPath, NoSuchEntry."""
        prefix = "".join(f"{part}/" for part in split_path(path)) if path else ""
        rows: dict[str, ArchiveRow] = {}
        exists = not path
        for info in self._zip.infolist():
            if not info.filename.startswith(prefix):
                continue
            exists = True
            try:
                parts = split_path(info.filename.removesuffix("/"))
            except BadPath:
                continue
            is_folder = info.is_dir()
            for end in range(prefix.count("/") + 1, len(parts)):
                above = "/".join(parts[:end])
                rows.setdefault(above, ArchiveRow(parts[end - 1], above, True))
            full = "/".join(parts)
            if full + "/" != prefix:
                rows[full] = ArchiveRow(parts[-1], full, is_folder, 0 if is_folder else info.file_size)
            if len(rows) > MAX_TREE_ROWS:
                raise TooManyEntries
        if not exists:
            raise NoSuchEntry
        return [rows[name] for name in sorted(rows)]

    def open(self, path: str) -> ArchiveEntry:
        """The file at `path`. Raises BadPath, NoSuchEntry."""
        split_path(path)
        try:
            info = self._zip.getinfo(path)
        except KeyError:
            if any(name.startswith(f"{path}/") for name in self._zip.namelist()):
                raise BadPath from None
            raise NoSuchEntry from None
        if info.compress_type not in _READABLE or info.flag_bits & _ENCRYPTED:
            raise NoSuchEntry
        try:
            return ArchiveEntry(info, self._zip.open(info))
        except _BROKEN as error:
            raise NoSuchEntry from error

    def close(self) -> None:
        self._zip.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


# --- The size of the central directory, from the record at the end of the file ---------------------------------------

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_MAX_COMMENT = 1 << 16


def directory_size(file: IO[bytes]) -> int:
    """The size of the central directory in bytes, which `zipfile` would read at once. Raises NotAnArchive.

    Searches the end record exactly where `zipfile` does.
    """
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - _MAX_COMMENT))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if tail[-_END.size :].startswith(b"PK\x05\x06") and tail.endswith(b"\0\0"):
        at = len(tail) - _END.size
    if at < 0 or len(tail) - at < _END.size:
        raise NotAnArchive
    large = _directory_size_64(file, length - len(tail) + at)
    return int(_END.unpack_from(tail, at)[5]) if large is None else large


def _directory_size_64(file: IO[bytes], end: int) -> int | None:
    """The size given by the ZIP64 end record before offset `end`; None if there is none."""
    start = end - _LOCATOR_64.size - _END_64.size
    if start < 0:
        return None
    file.seek(start)
    record = file.read(_END_64.size + _LOCATOR_64.size)
    if record[_END_64.size :][:4] != b"PK\x06\x07" or record[:4] != b"PK\x06\x06":
        return None
    return int(_END_64.unpack_from(record)[8])
