"""Reads the runner's gzip format: the files of a report as consecutive gzip members (runner.md §3.4)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

_GZIP = 16 + zlib.MAX_WBITS
_BLOCK = 64 * 1024
MAGIC = b"\x1f\x8b"
MAX_MEMBERS = 10_000


class UnpackedTooLarge(Exception):
    """There are more unpacked bytes or more files than allowed."""


class InvalidGzip(Exception):
    """The file is not gzip, or is truncated."""


def members(path: Path, *, max_bytes: int) -> Iterator[bytes]:
    """Each unpacked file, together at most `max_bytes`. Raises UnpackedTooLarge, InvalidGzip."""
    with path.open("rb") as file:
        rest, left, count = file.read(_BLOCK), max_bytes, 0
        if not rest:
            raise InvalidGzip
        while rest:
            count += 1
            if count > MAX_MEMBERS:
                raise UnpackedTooLarge
            inflate = zlib.decompressobj(_GZIP)
            unpacked = bytearray()
            while not inflate.eof:
                try:
                    unpacked += inflate.decompress(rest, left + 1 - len(unpacked))
                except zlib.error as error:
                    raise InvalidGzip from error
                if len(unpacked) > left:
                    raise UnpackedTooLarge
                rest = inflate.unconsumed_tail or (b"" if inflate.eof else file.read(_BLOCK))
                if not rest and not inflate.eof:
                    raise InvalidGzip
            left -= len(unpacked)
            yield bytes(unpacked)
            rest = inflate.unused_data or file.read(_BLOCK)
