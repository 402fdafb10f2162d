"""Sends a stored file: whole, one range of it, only its headers, or 304; by a front server where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import BinaryIO
from wsgiref.handlers import format_date_time

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header

from blobs.models import open_blob, relative_path

# With Django's 4 KiB blocks a file takes four times as long.
BLOCK = 1024 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)
_CONDITIONS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")


class FileBackedResponse(StreamingHttpResponse):
    """Blocks that come out of files: reading one waits for nobody. The server holds no thread for it while the client
    takes its time (server/sending.py)."""

    reads_files = True


class RangeNotSatisfiable(Exception):
    """The range lies beyond the end of the file."""


def send(
    request: HttpRequest,
    *,
    sha256: str,
    size: int,
    name: str,
    modified: datetime | None = None,
    content_type: str = "application/octet-stream",
) -> HttpResponseBase:
    """A response with the file as an attachment called `name`; never shown by a browser.

    200, 206 for a range, 304 or 412 by the request's conditions, 416 for a range beyond the end. HEAD has the headers
    of GET. `modified`: when it was stored.
    """
    validators = _validators(sha256, modified)
    if any(map(request.META.get, _CONDITIONS)):
        decided = _conditional_response(request, validators, modified)
        if decided is not None:
            return decided
    front = settings.ACCEL_REDIRECT
    try:
        part = None if front or "HTTP_RANGE" not in request.META else parse_range(request, size, validators)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    start, end = part or (0, size)
    status = 206 if part else 200
    if request.method == "HEAD" or front:
        response: HttpResponseBase = HttpResponse(status=status, content_type=content_type)
    else:
        response = _body_response(sha256, start, end, status, content_type)
    plain = {"Accept-Ranges": "bytes", **validators, "X-Checksum-SHA256": sha256}
    plain["Content-Disposition"] = content_disposition(name)
    if front:
        plain["X-Accel-Redirect"] = f"{front}/{relative_path(sha256)}"
    if not front or request.method == "HEAD":
        plain["Content-Length"] = str(end - start)
    if part:
        plain["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    _add_plain(response, plain)
    return response


def sends_beginning(request: HttpRequest, response: HttpResponseBase, size: int) -> bool:
    """Whether `response`, of `send`, brings the file from its first byte on, all of it or a part: a new download, and
    not only headers or what was missing of an earlier one. A front server is taken to give the range asked for."""
    if request.method == "HEAD" or response.status_code not in (200, 206):
        return False
    if response.status_code == 206:
        return response.headers["Content-Range"].startswith("bytes 0-")
    if not settings.ACCEL_REDIRECT or "HTTP_RANGE" not in request.META:
        return True
    validators = {name: response.headers[name] for name in ("ETag", "Last-Modified") if name in response.headers}
    try:
        part = parse_range(request, size, validators)
    except RangeNotSatisfiable:
        return False
    return part is None or part[0] == 0


def _validators(sha256: str, modified: datetime | None) -> dict[str, str]:
    validators = {"ETag": f'"{sha256}"'}
    if modified is not None:
        validators["Last-Modified"] = format_date_time(modified.timestamp())  # http_date takes twice as long
    return validators


@lru_cache(maxsize=1024)
def content_disposition(name: str, *, attachment: bool = True) -> str:
    """Of a file of any name. Django escapes whatever cannot stand in a header, but for a line end at the very end."""
    return content_disposition_header(attachment, name.rstrip("\n")) or ("attachment" if attachment else "inline")


def _add_plain(response: HttpResponseBase, headers: dict[str, str]) -> None:
    """Headers made here of digits, digests, dates and an escaped name: nothing as a client sent it. Django looks
    through each name and value for line ends and foreign letters, a twentieth of a small file's request."""
    store = response.headers._store
    for name, value in headers.items():
        store[name.lower()] = (name, value)


def _body_response(sha256: str, start: int, end: int, status: int, content_type: str) -> HttpResponseBase:
    file = open_blob(sha256)
    if end - start > BLOCK:
        return FileBackedResponse(BlobRange(file, start, end), status=status, content_type=content_type)
    with file:  # one block: nothing to stream
        file.seek(start)
        return HttpResponse(file.read(end - start), status=status, content_type=content_type)


def _conditional_response(
    request: HttpRequest, validators: dict[str, str], modified: datetime | None
) -> HttpResponse | None:
    """304 or 412 if the request's conditions say so."""
    stamp = None if modified is None else int(modified.timestamp())
    response: HttpResponse | None = get_conditional_response(request, validators["ETag"], stamp)
    if response is not None:
        for name, value in validators.items():
            response.headers[name] = value
    return response


def parse_range(request: HttpRequest, size: int, validators: dict[str, str]) -> tuple[int, int] | None:
    """The one range asked for, as (first byte, byte after the last); None for the whole file.

    Several ranges, units other than bytes, and a range of another version of the file are answered with the whole, as
    HTTP allows. Raises RangeNotSatisfiable.
    """
    header = request.META.get("HTTP_RANGE")
    match = _RANGE.match(header.replace(" ", "")) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    if "HTTP_IF_RANGE" in request.META and request.META["HTTP_IF_RANGE"] not in validators.values():
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise RangeNotSatisfiable
    return start, end


class BlobRange:
    """Bytes of an open file, in large blocks."""

    def __init__(self, file: BinaryIO, start: int, end: int) -> None:
        file.seek(start)
        self.file = file
        self.left = end - start

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        block = self.file.read(min(BLOCK, self.left)) if self.left else b""
        if not block:
            raise StopIteration
        self.left -= len(block)
        return block

    def close(self) -> None:
        self.file.close()
