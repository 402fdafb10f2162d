"""The body of an upload, block by block: it may be of any size and is never held whole."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest

BLOCK = 1024 * 1024


class Truncated(Exception):
    """The body ended before the length that its headers promised."""

    def __init__(self) -> None:
        super().__init__("The request ended too early")


def promised_length(request: HttpRequest) -> int | None:
    """None for a chunked body, which says only at its end how long it is."""
    raw = request.META.get("CONTENT_LENGTH") or ""
    return int(raw) if raw.isascii() and raw.isdigit() else None


def is_chunked(request: HttpRequest) -> bool:
    return bool(request.META.get("HTTP_TRANSFER_ENCODING"))


def blocks_of(request: HttpRequest) -> Iterator[bytes]:
    """Raises Truncated."""
    received = 0
    try:
        while block := request.read(BLOCK):
            received += len(block)
            yield block
    except OSError as error:
        raise Truncated from error
    promised = promised_length(request)
    if promised is not None and received != promised:
        raise Truncated
