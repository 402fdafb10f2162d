"""Stores, keeps, deletes and expires artifacts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit import services as audit
from blobs import store
from blobs.store import TemporaryBlob
from ci_config.durations import seconds
from identity.models import User
from jobs.artifacts.access import declared_access
from jobs.artifacts.querysets import of_latest_success
from jobs.models import Job, JobArtifact
from jobs.states import EXECUTING
from projects.models import Project

BATCH = 500
# A longer time means never: dates that far away cannot be represented.
MAX_LIFETIME = timedelta(days=100 * 366)


class DuplicateArtifact(Exception):
    """The job already has a different artifact of that type."""


class JobNotRunning(Exception):
    """The job ended during the upload."""


class InvalidDuration(Exception):
    """`expire_in` is not a duration."""


def expiry_time(expire_in: str, now: datetime) -> datetime | None:
    """When an upload expires: after `expire_in`, or after the default if that is empty. None: never.

    Raises InvalidDuration.
    """
    text = expire_in.strip()
    if not text:
        return now + timedelta(days=settings.ARTIFACT_DAYS)
    if text.lower() == "never":
        return None
    length = seconds(text)
    if length is None:
        raise InvalidDuration
    return None if length > MAX_LIFETIME.total_seconds() else now + timedelta(seconds=length)


def store_artifact(
    *,
    job: Job,
    file_type: str,
    file_format: str,
    filename: str,
    upload: TemporaryBlob,
    expires_at: datetime | None,
    report: Any = None,
) -> JobArtifact:
    """Store an upload. The same bytes again are accepted, because a runner repeats a request without an answer.

    Raises DuplicateArtifact, JobNotRunning.
    """
    known = job.artifacts.filter(file_type=file_type).first()
    if known is None:
        fields = {
            "file_format": file_format,
            "filename": filename,
            "size": upload.size,
            "access": declared_access(job.options.get("artifacts") or {}),
            "expires_at": expires_at,
            "report": report,
        }
        known = _create(job, file_type, upload, fields)
    if known.sha256 != upload.digests["sha256"]:
        raise DuplicateArtifact
    return known


def _create(job: Job, file_type: str, upload: TemporaryBlob, fields: dict[str, Any]) -> JobArtifact:
    """Create the artifact, or return the one that a concurrent upload has created. Raises JobNotRunning."""
    with store.commit(upload) as blob:
        now = Job.objects.select_for_update(no_key=True).filter(pk=job.pk, status__in=EXECUTING)
        if not now.exists():
            raise JobNotRunning
        artifact, _ = JobArtifact.objects.get_or_create(job=job, file_type=file_type, defaults={**fields, "blob": blob})
    return artifact


@transaction.atomic
def keep_artifacts(job: Job, *, by: User) -> bool:
    """Remove the expiry of a job's artifacts. Returns False if none is readable."""
    kept = job.artifacts.readable().values_list("pk", flat=True)
    if not JobArtifact.objects.filter(pk__in=list(kept)).update(expires_at=None):
        return False
    _record("artifacts_kept", f"The artifacts of job #{job.pk} {job.name} are kept", job, by)
    return True


@transaction.atomic
def delete_artifacts(job: Job, *, by: User) -> bool:
    """Delete all artifacts of a job. Returns False if there are none."""
    if not remove_artifacts(job):
        return False
    _record("artifacts_deleted", f"The artifacts of job #{job.pk} {job.name} were deleted", job, by)
    return True


def _record(event: str, message: str, job: Job, by: User) -> None:
    audit.record(event, message, by=by, on=job.project, path=job.project.full_path, job=job.pk)


def remove_artifacts(*jobs: Job) -> int:
    """Delete the artifacts of jobs within a transaction whose caller writes the audit entry.

    The bytes are deleted by the next housekeeping. Returns how many artifacts were stored.
    """
    artifacts = JobArtifact.objects.filter(job__in=jobs)
    hashes = _hashes(artifacts.stored().values_list("blob_id", flat=True))
    artifacts.delete()
    store.release_on_commit(hashes)
    return len(hashes)


def _hashes(values: Iterable[str | None]) -> list[str]:
    return [value for value in values if value]


@transaction.atomic
def expire_project_artifacts(project: Project, *, by: User) -> int:
    """Expire all artifacts of a project now, except those kept as the latest of their ref. Returns how many."""
    now = timezone.now()
    artifacts = JobArtifact.objects.stored().filter(job__project=project).exclude(of_latest_success())
    late = artifacts.exclude(expires_at__lte=now).values("pk")
    count = JobArtifact.objects.filter(pk__in=list(late.values_list("pk", flat=True))).update(expires_at=now)
    message = f"The artifacts of {project.full_path} were deleted, but for those kept as the latest of their ref"
    audit.record("artifacts_deleted", message, by=by, on=project, path=project.full_path, count=count)
    return count


def expire_artifacts(now: datetime | None = None) -> int:
    """Delete the bytes of expired artifacts; several processes may do so at once. Returns how many.

    The rows stay, so that "expired" can be told from "never existed".
    """
    now, gone = now or timezone.now(), 0
    expired = JobArtifact.objects.expired(now).order_by("expires_at", "id").values_list("pk", flat=True)
    while batch := list(expired[:BATCH]):
        # Since they were read, one may have been kept, or been expired by another process.
        rows = JobArtifact.objects.filter(pk__in=batch, expires_at__lte=now)
        hashes = _hashes(rows.stored().values_list("blob_id", flat=True))
        gone += rows.stored().update(blob=None)
        store.delete_unreferenced(set(hashes))
    return gone
