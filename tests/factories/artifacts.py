"""What jobs leave behind: archives and reports, as a runner packs and sends them."""

from __future__ import annotations

import gzip
import zipfile
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

from django.utils import timezone

from blobs.store import TemporaryBlob
from jobs.artifacts import reports, services
from jobs.artifacts.types import ARCHIVE, FORMATS, default_filename
from jobs.models import Job, JobArtifact
from jobs.states import State
from tests.support.client import Api

BOUNDARY = "----------------------------boundary0123456789"
FILES = {"build/app.txt": b"hello\n", "build/lib/core.bin": b"\0\1\2", "notes.md": b"# Notes\n"}
IN_A_WEEK = timedelta(days=7)


def zip_bytes(files: dict[str, bytes] | None = None) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in (FILES if files is None else files).items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)  # of no particular day
    return packed.getvalue()


def gzip_bytes(*files: str) -> bytes:
    """One member per file, one after the other."""
    return b"".join(gzip.compress(text.encode(), mtime=0) for text in files)


def body(data: bytes, filename: str = "artifacts.zip", field: str = "file") -> bytes:
    """The multipart body a runner sends: one part, no more."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field}"; filename="{filename}"\r\n'
    return f"{head}Content-Type: application/octet-stream\r\n\r\n".encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def upload(job_id: int, token: str, data: bytes, *, sent: bytes | None = None, name: str = "", **query: str) -> Any:
    """`POST /jobs/:id/artifacts` with the job's token; `sent` replaces the whole body."""
    parameters = "&".join(f"{key}={value}" for key, value in query.items())
    return Api(job=token).post(
        f"/jobs/{job_id}/artifacts?{parameters}",
        body(data, name or "artifacts.zip") if sent is None else sent,
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
    )


def store(
    job: Job,
    data: bytes | None = None,
    *,
    file_type: str = ARCHIVE,
    expires_at: datetime | None = None,
    forever: bool = False,
    **fields: Any,
) -> JobArtifact:
    """An artifact of a job in any state, by default for a week from now; `fields` are set afterwards."""
    status = job.status
    Job.objects.filter(pk=job.pk).update(status=State.RUNNING)
    with TemporaryBlob() as incoming:
        incoming.write(zip_bytes() if data is None else data)
        artifact = services.store_artifact(
            job=job,
            file_type=file_type,
            file_format=FORMATS[file_type],
            filename=default_filename(file_type),
            upload=incoming,
            expires_at=None if forever else expires_at or timezone.now() + IN_A_WEEK,
            report=reports.parse_report(file_type, incoming.path),
        )
    Job.objects.filter(pk=job.pk).update(status=status)
    JobArtifact.objects.filter(pk=artifact.pk).update(**fields)
    artifact.refresh_from_db()
    return artifact


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content
