"""The body of a git request as plain blocks: possibly gzipped, possibly without a length, never held whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from django.http import HttpRequest

from blobs import uploads
from blobs.uploads import BLOCK, Truncated

_GZIP = 16 + zlib.MAX_WBITS
# Clients pack what they ask for, not what they send: far more than any list of commits comes to.
MOST_UNPACKED = 256 * 1024 * 1024


class BadBody(Exception):
    """What came is not what the request's headers promised."""


class TooLarge(BadBody):
    """A small body unfolds into more than anyone has to say."""


def blocks_of(request: HttpRequest) -> Iterator[bytes]:
    """Raises BadBody for a broken gzip stream, an unknown encoding, or a body that ends too early."""
    encoding = request.headers.get("Content-Encoding", "identity").lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise BadBody(f"The content encoding {encoding[:50]!r} is not known.")
    blocks = uploads.blocks_of(request)
    try:
        yield from blocks if encoding == "identity" else _unzipped(blocks)
    except Truncated as error:
        raise BadBody("The request ended too early.") from error


def _unzipped(blocks: Iterator[bytes]) -> Iterator[bytes]:
    unzip = zlib.decompressobj(_GZIP)
    unpacked = 0
    try:
        for block in blocks:
            rest = block
            while rest and not unzip.eof:
                # At most so much at a time: a small body may unfold into a very large one.
                piece = unzip.decompress(rest, BLOCK)
                unpacked += len(piece)
                if unpacked > MOST_UNPACKED:
                    raise TooLarge("The body unfolds into too much.")
                yield piece
                rest = unzip.unconsumed_tail
    except zlib.error as error:
        raise BadBody("The body is not valid gzip.") from error
    if not unzip.eof:
        raise Truncated
