"""Reads the core metadata out of a wheel (PEP 427), which clients then get without the wheel (PEP 658)."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from email.parser import BytesHeaderParser
from pathlib import Path

from resources.packages.formats.pypi import names
from resources.packages.formats.pypi.names import Release

MAX_METADATA_BYTES = 1024 * 1024
# zipfile reads the list of an archive's files at once, however long the archive says that it is.
MAX_READ_BYTES = 8 * 1024 * 1024
# zipfile unpacks other compressions without regard to how much is asked for: a few bytes would fill the memory.
_COMPRESSIONS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}

_METADATA_SUFFIX = ".dist-info/METADATA"
_METADATA = re.compile(r"[^/]+" + re.escape(_METADATA_SUFFIX))

# What zipfile and the decompressors it calls raise for bytes that are no archive.
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError,
)  # fmt: skip


class InvalidWheel(Exception):
    """With the reason, as the end of a sentence."""


class _LimitedFile(io.FileIO):
    def read(self, size: int | None = -1) -> bytes:
        """Raises BadZipFile when asked for too much at once."""
        wanted = -1 if size is None else size
        if wanted > MAX_READ_BYTES:
            raise zipfile.BadZipFile("Its list of files is too long")
        return super().read(MAX_READ_BYTES if wanted < 0 else wanted) or b""


def read_metadata(wheel: Path, release: Release) -> bytes:
    """The file METADATA, which names that release. Raises InvalidWheel."""
    try:
        with (
            _LimitedFile(wheel) as file,
            zipfile.ZipFile(file) as archive,
            archive.open(_member(archive, release)) as member,
        ):
            metadata = member.read(MAX_METADATA_BYTES + 1)
    except _UNREADABLE as error:
        raise InvalidWheel("is not a readable wheel") from error
    if len(metadata) > MAX_METADATA_BYTES:
        raise InvalidWheel("has too much metadata")
    if _release_in(metadata) != release:
        raise InvalidWheel("does not match the name and version in its metadata")
    return metadata


def required_python(metadata: bytes) -> str:
    """`Requires-Python`, or "" for any."""
    return _field(metadata, "Requires-Python")


def _member(archive: zipfile.ZipFile, release: Release) -> zipfile.ZipInfo:
    """The only one of its kind: of several, installers would read another than is served."""
    members = [info for info in archive.infolist() if _METADATA.fullmatch(info.filename)]
    if len(members) > 1:
        raise InvalidWheel("holds METADATA more than once")
    for info in members:
        if names.release_of_stem(info.filename.removesuffix(_METADATA_SUFFIX)) == release:
            return _check_compression(info)
    raise InvalidWheel("holds no METADATA of that name and version")


def _check_compression(info: zipfile.ZipInfo) -> zipfile.ZipInfo:
    if info.compress_type not in _COMPRESSIONS:
        raise InvalidWheel("has METADATA in another compression than deflate")
    return info


def _field(metadata: bytes, name: str) -> str:
    """The field that is there once; otherwise "".

    Only the header is parsed, without the nested messages that the description could be, and in a time that grows
    with its length alone.
    """
    values = BytesHeaderParser().parsebytes(metadata).get_all(name, [])
    return str(values[0]) if len(values) == 1 else ""


def _release_in(metadata: bytes) -> Release | None:
    name, version = _field(metadata, "Name"), _field(metadata, "Version")
    return names.release_of(name, version) if names.is_name(name) and names.is_version(version) else None
