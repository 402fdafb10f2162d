"""Sends one file out of an archive: unpacked while it is sent, to be saved, never as what a browser would run."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header

from blobs.models import path_of
from jobs.artifacts.archive import Archive, Entry
from jobs.models import JobArtifact


def send_file(request: HttpRequest, artifact: JobArtifact, path: str) -> HttpResponseBase:
    """200. Raises what jobs.artifacts.archive raises: BadPath, NoSuchEntry, NotAnArchive, TooManyEntries."""
    archive = Archive(path_of(artifact.sha256))
    try:
        entry = archive.open(path)
    except BaseException:
        archive.close()
        raise
    response: HttpResponseBase
    if request.method == "HEAD":
        archive.close()
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(Unpacking(archive, entry))
    response["Content-Type"] = "text/plain; charset=utf-8" if entry.is_text else "application/octet-stream"
    response["Content-Length"] = str(entry.size)
    response["Content-Disposition"] = content_disposition_header(True, path.rpartition("/")[2]) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    return response


class Unpacking:
    """The entry's blocks; closes the archive when the answer is over."""

    def __init__(self, archive: Archive, entry: Entry) -> None:
        self.archive, self.blocks = archive, entry.blocks()

    def __iter__(self) -> Iterator[bytes]:
        return self.blocks

    def close(self) -> None:
        self.archive.close()
