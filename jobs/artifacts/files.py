"""Sends one file out of an archive, unpacked on the way. Always as an attachment, so that no browser runs it."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from blobs.models import path_of
from blobs.respond import FileBackedResponse, content_disposition
from jobs.artifacts.archive import Archive, ArchiveEntry
from jobs.models import JobArtifact


def send_file(request: HttpRequest, artifact: JobArtifact, path: str) -> HttpResponseBase:
    """A response with the file. Raises BadPath, NoSuchEntry, NotAnArchive, TooManyEntries (jobs.artifacts.archive)."""
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
        response = FileBackedResponse(EntryStream(archive, entry))
    response["Content-Type"] = "text/plain; charset=utf-8" if entry.is_text else "application/octet-stream"
    response["Content-Length"] = str(entry.size)
    response["Content-Disposition"] = content_disposition(path.rpartition("/")[2])
    response["X-Content-Type-Options"] = "nosniff"
    return response


class EntryStream:
    """The blocks of an entry; closes the archive when the response ends."""

    def __init__(self, archive: Archive, entry: ArchiveEntry) -> None:
        self.archive, self.blocks = archive, entry.blocks()

    def __iter__(self) -> Iterator[bytes]:
        return self.blocks

    def close(self) -> None:
        self.archive.close()
