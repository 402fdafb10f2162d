"""The body of a git request as plain blocks: possibly gzipped, possibly without a length, never held whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from django.http import HttpRequest

from blobs import receive
from blobs.errors import Truncated
from blobs.receive import BLOCK

_GZIP = 16 + zlib.MAX_WBITS
# Clients pack what they ask for, not what they send: far more than any list of commits comes to.
MAX_UNPACKED = 256 * 1024 * 1024


class InvalidBody(Exception):
    """What came is not what the request's headers promised."""


class BodyTooLarge(InvalidBody):
    """A small body unfolds into more than anyone has to say."""


def read_blocks(request: HttpRequest) -> Iterator[bytes]:
    """Raises BadBody for a broken gzip stream, an unknown encoding, or a body that ends too early."""
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise InvalidBody(f"The content encoding {encoding[:50]!r} is not known.")
    blocks = receive.read_blocks(request)
    try:
        yield from blocks if encoding == "identity" else _unzip(blocks)
    except Truncated as error:
        raise InvalidBody("The request ended too early.") from error


def _unzip(blocks: Iterator[bytes]) -> Iterator[bytes]:
    unzip = zlib.decompressobj(_GZIP)
    unpacked = 0
    try:
        for block in blocks:
            rest = block
            while rest and not unzip.eof:
                # At most so much at a time: a small body may unfold into a very large one.
                piece = unzip.decompress(rest, BLOCK)
                unpacked += len(piece)
                if unpacked > MAX_UNPACKED:
                    raise BodyTooLarge("The body unfolds into too much.")
                yield piece
                rest = unzip.unconsumed_tail
    except zlib.error as error:
        raise InvalidBody("The body is not valid gzip.") from error
    if not unzip.eof:
        raise Truncated
