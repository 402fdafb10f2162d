"""Changes to artifacts: an upload, keeping, deleting, the end of their time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit import services as audit
from blobs import store
from blobs.store import Incoming
from identity.models import User
from jobs.artifacts.access import wanted
from jobs.artifacts.querysets import of_latest_success
from jobs.config.durations import seconds
from jobs.models import Job, JobArtifact
from jobs.states import EXECUTING
from projects.models import Project

BATCH = 500
# Longer than this is for good; a date that far would not fit a calendar.
LONGEST = timedelta(days=100 * 366)


class Duplicate(Exception):
    """The job already has another artifact of that type."""


class JobIsOver(Exception):
    """It ended while the upload was on its way."""


class BadDuration(Exception):
    """`expire_in` is no span of time."""


def expiry(expire_in: str, now: datetime) -> datetime | None:
    """When an upload's time is over; None for never. Without `expire_in` the default. Raises BadDuration."""
    text = expire_in.strip()
    if not text:
        return now + timedelta(days=settings.ARTIFACT_DAYS)
    if text.lower() == "never":
        return None
    length = seconds(text)
    if length is None:
        raise BadDuration
    return None if length > LONGEST.total_seconds() else now + timedelta(seconds=length)


def store_artifact(
    *,
    job: Job,
    file_type: str,
    file_format: str,
    filename: str,
    incoming: Incoming,
    expires_at: datetime | None,
    report: Any = None,
) -> JobArtifact:
    """Keeps an upload. The same bytes once more are no mistake: a runner repeats what it got no answer to.

    Raises Duplicate, JobIsOver; then the bytes may be in the store already, to be let go once `incoming` is closed.
    """
    known = job.artifacts.filter(file_type=file_type).first()
    if known is None:
        fields = {
            "file_format": file_format,
            "filename": filename,
            "size": incoming.size,
            "access": wanted(job.options.get("artifacts") or {}),
            "expires_at": expires_at,
            "report": report,
        }
        known = _create(job, file_type, incoming, fields)
    if known.sha256 != incoming.digests["sha256"]:
        raise Duplicate
    return known


def _create(job: Job, file_type: str, incoming: Incoming, fields: dict[str, Any]) -> JobArtifact:
    """Or what another upload made meanwhile. Raises JobIsOver."""
    with store.keep(incoming) as blob:
        now = Job.objects.select_for_update(no_key=True).filter(pk=job.pk, status__in=EXECUTING)
        if not now.exists():
            raise JobIsOver
        artifact, _ = JobArtifact.objects.get_or_create(job=job, file_type=file_type, defaults={**fields, "blob": blob})
    return artifact


@transaction.atomic
def keep_artifacts(job: Job, *, by: User) -> bool:
    """For good, whatever their time was; False when there are none left to keep."""
    kept = job.artifacts.readable().values_list("pk", flat=True)
    if not JobArtifact.objects.filter(pk__in=list(kept)).update(expires_at=None):
        return False
    _record("artifacts_kept", f"The artifacts of job #{job.pk} {job.name} are kept", job, by)
    return True


@transaction.atomic
def delete_artifacts(job: Job, *, by: User) -> bool:
    """All of one job's; False when there are none."""
    if not remove(job):
        return False
    _record("artifacts_deleted", f"The artifacts of job #{job.pk} {job.name} were deleted", job, by)
    return True


def _record(event: str, message: str, job: Job, by: User) -> None:
    audit.record(event, message, by=by, on=job.project, path=job.project.full_path, job=job.pk)


def remove(*jobs: Job) -> int:
    """Within a transaction that says why: the rows at once, the bytes at the clean-up's next pass. Returns how many
    were stored."""
    artifacts = JobArtifact.objects.filter(job__in=jobs)
    hashes = _hashes(artifacts.stored().values_list("blob_id", flat=True))
    artifacts.delete()
    transaction.on_commit(partial(store.let_go, set(hashes)))
    return len(hashes)


def _hashes(values: Iterable[str | None]) -> list[str]:
    return [value for value in values if value]


@transaction.atomic
def expire_all(project: Project, *, by: User) -> int:
    """The time of a project's artifacts is over now, but for those that are kept as the latest of their ref."""
    now = timezone.now()
    artifacts = JobArtifact.objects.stored().filter(job__project=project).exclude(of_latest_success())
    late = artifacts.exclude(expires_at__lte=now).values("pk")
    count = JobArtifact.objects.filter(pk__in=list(late.values_list("pk", flat=True))).update(expires_at=now)
    message = f"The artifacts of {project.full_path} were deleted, but for those kept as the latest of their ref"
    audit.record("artifacts_deleted", message, by=by, on=project, path=project.full_path, count=count)
    return count


def expire_artifacts(now: datetime | None = None) -> int:
    """Removes the bytes of what nobody may read any longer; for the clean-up, on any number of machines at once.

    The rows stay and tell that there was something. Returns how many artifacts went.
    """
    now, gone = now or timezone.now(), 0
    expired = JobArtifact.objects.expired(now).order_by("expires_at", "id").values_list("pk", flat=True)
    while batch := list(expired[:BATCH]):
        # Somebody may have kept one, or another machine have taken it, since it was read.
        rows = JobArtifact.objects.filter(pk__in=batch, expires_at__lte=now)
        hashes = _hashes(rows.stored().values_list("blob_id", flat=True))
        gone += rows.stored().update(blob=None)
        store.sweep(set(hashes))
    return gone
