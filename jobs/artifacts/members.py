"""Takes apart what the runner's gzip format is: one gzip member per file, one after the other (runner.md §3.4)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

_GZIP = 16 + zlib.MAX_WBITS
_BLOCK = 64 * 1024
MAGIC = b"\x1f\x8b"
MOST = 10_000


class TooLarge(Exception):
    """Unpacked, there are more bytes or more files than allowed."""


class Broken(Exception):
    """It is not gzip, or ends too early."""


def members(path: Path, *, most: int) -> Iterator[bytes]:
    """Each file, unpacked; together at most `most` bytes. Raises TooLarge, Broken."""
    with path.open("rb") as file:
        rest, left, count = file.read(_BLOCK), most, 0
        if not rest:
            raise Broken
        while rest:
            count += 1
            if count > MOST:
                raise TooLarge
            inflate = zlib.decompressobj(_GZIP)
            unpacked = bytearray()
            while not inflate.eof:
                try:
                    unpacked += inflate.decompress(rest, left + 1 - len(unpacked))
                except zlib.error as error:
                    raise Broken from error
                if len(unpacked) > left:
                    raise TooLarge
                rest = inflate.unconsumed_tail or (b"" if inflate.eof else file.read(_BLOCK))
                if not rest and not inflate.eof:
                    raise Broken
            left -= len(unpacked)
            yield bytes(unpacked)
            rest = inflate.unused_data or file.read(_BLOCK)
