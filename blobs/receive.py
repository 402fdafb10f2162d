"""Receives uploads of any size, block by block: raw bodies, of known length or chunked, and multipart forms.

    with receive(request, max_bytes=limit) as upload: …                       # a TemporaryBlob
    with receive_form(request, "content", max_bytes=limit) as form: …         # form.file, form.filename, form.fields
    content = receive_bytes(request, max_bytes=limit)                         # in memory
    form = receive_small_form(request, "file", max_bytes=limit)               # in memory: form.file.content

All raise `blobs.errors.UploadError`: too long (by the announced length, before anything is read, or by the bytes that
come), cut off, not a form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.http import HttpRequest

from blobs.errors import TooLarge, Truncated
from blobs.multipart import MAX_OVERHEAD, Form, MemoryFile, read_form
from blobs.store import TemporaryBlob
from text.numbers import is_number

BLOCK = 1024 * 1024


@contextmanager
def receive(request: HttpRequest, *, max_bytes: int = 0, extra_digests: Iterable[str] = ()) -> Iterator[TemporaryBlob]:
    """The body as it is. `max_bytes`: 0 for no limit. `extra_digests`: as for TemporaryBlob."""
    with TemporaryBlob(max_bytes=max_bytes, extra_digests=extra_digests) as upload:
        for block in read_blocks(request, max_bytes):
            upload.write(block)
        yield upload


@contextmanager
def receive_form(
    request: HttpRequest, file_field: str, *, max_bytes: int = 0, extra_digests: Iterable[str] = ()
) -> Iterator[Form[TemporaryBlob]]:
    """A multipart form with one file in `file_field`; `max_bytes` limits that file, the rest has a limit of its own."""
    blocks = read_blocks(request, max_bytes and max_bytes + MAX_OVERHEAD)
    with TemporaryBlob(max_bytes=max_bytes, extra_digests=extra_digests) as upload:
        yield read_form(request.META.get("CONTENT_TYPE", ""), blocks, upload, file_field)


def receive_bytes(request: HttpRequest, *, max_bytes: int) -> bytes:
    """The body as it is, for what is small, or must not be written to the disk as it comes. `max_bytes`: 0 for no
    limit."""
    content = bytearray()
    for block in read_blocks(request, max_bytes):
        content += block
        if max_bytes and len(content) > max_bytes:
            raise TooLarge
    return bytes(content)


def receive_small_form(request: HttpRequest, file_field: str, *, max_bytes: int) -> Form[MemoryFile]:
    """As `receive_form`, for a file that is small and must not be written to the disk as it comes."""
    blocks = read_blocks(request, max_bytes + MAX_OVERHEAD)
    return read_form(request.META.get("CONTENT_TYPE", ""), blocks, MemoryFile(max_bytes), file_field)


def content_length(request: HttpRequest) -> int | None:
    """None for a chunked body, which says only at its end how long it is."""
    raw = request.META.get("CONTENT_LENGTH") or ""
    return int(raw) if is_number(raw) else None


def is_chunked(request: HttpRequest) -> bool:
    return bool(request.META.get("HTTP_TRANSFER_ENCODING"))


def read_blocks(request: HttpRequest, max_bytes: int = 0) -> Iterator[bytes]:
    """The body in blocks of at most BLOCK bytes. Raises Truncated, and TooLarge at once when it is announced to be
    longer than `max_bytes` (0: any length); whoever takes the blocks counts what was not announced."""
    announced = content_length(request)
    if max_bytes and (announced or 0) > max_bytes:
        raise TooLarge
    received = 0
    try:
        while block := request.read(BLOCK):
            received += len(block)
            yield block
    except OSError as error:
        raise Truncated from error
    if announced is not None and received != announced:
        raise Truncated
