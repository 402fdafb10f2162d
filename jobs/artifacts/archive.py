"""Reads zip archives that strangers made: in bounded memory, and nothing by a name that leads out of the archive.

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

# The list of names is read whole; this much holds a hundred thousand usual ones.
LARGEST_LIST = 16 * 1024 * 1024
MOST_SHOWN = 1000
BLOCK = 256 * 1024
SNIFFED = 8 * 1024
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
# What the runner writes. Others would need memory that the archive itself gets to choose.
_READABLE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 1


class NotAnArchive(Exception):
    """The file is no zip, or a broken one."""


class TooManyEntries(Exception):
    """It can be downloaded, but its list of files is too long to look into."""


class BadPath(Exception):
    """Absolute, with `..` or empty parts, or a folder where a file is wanted."""


class NoSuchEntry(Exception):
    """The archive has nothing readable of that name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a folder. `path` is the whole one; a folder has no size."""

    name: str
    path: str
    is_folder: bool
    size: int = 0


@dataclass(frozen=True, slots=True)
class Folder:
    rows: list[Row]
    hidden: int  # entries left out: too many, or with names that lead elsewhere


def parts_of(path: str) -> list[str]:
    """Of a path that stays inside. Raises BadPath."""
    parts = path.split("/")
    if not path or "\0" in path or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        raise BadPath
    return parts


def check(path: Path) -> None:
    """Raises NotAnArchive."""
    try:
        with Archive(path):
            pass
    except TooManyEntries:
        return


class Entry:
    """One file of an open archive; `size` in bytes, as the archive says."""

    def __init__(self, info: zipfile.ZipInfo, file: IO[bytes]) -> None:
        self.size, self._file = info.file_size, file
        self._first = self._read()

    @property
    def is_text(self) -> bool:
        """UTF-8, as far as its beginning tells; the last character there may be cut in two."""
        start = self._first[:SNIFFED]
        try:
            codecs.getincrementaldecoder("utf-8")().decode(start)
        except UnicodeDecodeError:
            return False
        return b"\0" not in start

    def head(self, most: int) -> bytes:
        """The first `most` bytes."""
        read = bytearray()
        for block in self.blocks():
            read += block
            if len(read) >= most:
                break
        return bytes(read[:most])

    def blocks(self) -> Iterator[bytes]:
        """Once. Ends early where the archive is broken, so that whoever counts the bytes notices."""
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
    """Raises NotAnArchive, TooManyEntries."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            if list_size(self._file) > LARGEST_LIST:
                raise TooManyEntries
            self._zip = zipfile.ZipFile(self._file)
        except _BROKEN as error:
            self._file.close()
            raise NotAnArchive from error
        except (NotAnArchive, TooManyEntries):
            self._file.close()
            raise

    def folder(self, path: str = "") -> Folder:
        """What lies directly in it, folders first. Raises BadPath, NoSuchEntry."""
        prefix = "".join(f"{part}/" for part in parts_of(path)) if path else ""
        folders: dict[str, Row] = {}
        files: dict[str, Row] = {}
        hidden, exists = 0, not path
        for info in self._zip.infolist():
            if not info.filename.startswith(prefix):
                continue
            exists = True
            name, inside, _ = info.filename[len(prefix) :].partition("/")
            try:
                parts_of(info.filename.removesuffix("/"))
            except BadPath:
                hidden += 1
                continue
            if inside:
                folders[name] = Row(name, prefix + name, True)
            elif name:
                files[name] = Row(name, prefix + name, False, info.file_size)
        if not exists:
            raise NoSuchEntry
        rows = [*(folders[name] for name in sorted(folders)), *(files[name] for name in sorted(files))]
        return Folder(rows[:MOST_SHOWN], hidden + len(rows[MOST_SHOWN:]))

    def open(self, path: str) -> Entry:
        """Raises BadPath, NoSuchEntry."""
        parts_of(path)
        try:
            info = self._zip.getinfo(path)
        except KeyError:
            if any(name.startswith(f"{path}/") for name in self._zip.namelist()):
                raise BadPath from None
            raise NoSuchEntry from None
        if info.compress_type not in _READABLE or info.flag_bits & _ENCRYPTED:
            raise NoSuchEntry
        try:
            return Entry(info, self._zip.open(info))
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


# --- The end of a zip file says how long its list of names is ---------------------------------------------------------

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_LONGEST_COMMENT = 1 << 16


def list_size(file: IO[bytes]) -> int:
    """In bytes. Raises NotAnArchive. Looks where `zipfile` looks, which reads that much at once."""
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if tail[-_END.size :].startswith(b"PK\x05\x06") and tail.endswith(b"\0\0"):
        at = len(tail) - _END.size
    if at < 0 or len(tail) - at < _END.size:
        raise NotAnArchive
    large = _list_size_64(file, length - len(tail) + at)
    return int(_END.unpack_from(tail, at)[5]) if large is None else large


def _list_size_64(file: IO[bytes], end: int) -> int | None:
    """Of a large file, whose real end record stands before the end; None for any other."""
    start = end - _LOCATOR_64.size - _END_64.size
    if start < 0:
        return None
    file.seek(start)
    record = file.read(_END_64.size + _LOCATOR_64.size)
    if record[_END_64.size :][:4] != b"PK\x06\x07" or record[:4] != b"PK\x06\x06":
        return None
    return int(_END_64.unpack_from(record)[8])
