"""Sends a stored file: whole, one range of it, or only its headers; by a front server where there is one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from blobs.models import open_blob, relative_path

# With Django's 4 KiB blocks a file takes four times as long.
BLOCK = 1024 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\Z", re.ASCII)


class Unsatisfiable(Exception):
    """The range lies beyond the end of the file."""


def send(request: HttpRequest, *, sha256: str, size: int, name: str) -> HttpResponseBase:
    """200, 206 for a range, 416 for one beyond the end; always to be saved, never shown. HEAD has the same headers."""
    front = settings.ACCEL_REDIRECT
    try:
        part = None if front else wanted_part(request, sha256, size)
    except Unsatisfiable:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    start, end = part or (0, size)
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Accept-Ranges": "bytes",
        "ETag": f'"{sha256}"',
        "X-Checksum-SHA256": sha256,
    }
    if front:
        headers["X-Accel-Redirect"] = f"{front}/{relative_path(sha256)}"
    if not front or request.method == "HEAD":
        headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if part else 200
    if request.method == "HEAD" or front:
        return HttpResponse(status=status, headers=headers)
    file = open_blob(sha256)
    if end - start > BLOCK:
        return StreamingHttpResponse(Part(file, start, end), status=status, headers=headers)
    with file:  # one block: nothing to stream
        file.seek(start)
        return HttpResponse(file.read(end - start), status=status, headers=headers)


def wanted_part(request: HttpRequest, sha256: str, size: int) -> tuple[int, int] | None:
    """The one range asked for, as (first byte, byte after the last); None for the whole file.

    Several ranges, units other than bytes, and a range of another version of the file are answered with the whole, as
    HTTP allows. Raises Unsatisfiable.
    """
    asked = request.META.get("HTTP_RANGE")
    match = _RANGE.match(asked.replace(" ", "")) if asked else None
    if match is None or match.groups() == ("", ""):
        return None
    if request.META.get("HTTP_IF_RANGE", f'"{sha256}"') != f'"{sha256}"':
        return None
    first, last = match.groups()
    if not first:  # the last so many bytes
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise Unsatisfiable
    return start, end


class Part:
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
