"""What a project keeps of LFS objects. An upload is the only way in: knowing a hash proves nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils import timezone

from blobs import store
from blobs.models import path_of
from blobs.store import TemporaryBlob
from identity.models import User
from projects.extensions.external_files import ExternalFile
from projects.models import Project
from resources.lfs.models import LfsObject
from resources.lfs.pointers import Pointer

# That a client asked is noted at most this often, so that asking does not mean writing.
NOTE_INTERVAL = timedelta(hours=1)


class ContentMismatch(Exception):
    """What was uploaded is not what was announced."""


def describe_pointer(project: Project, content: bytes) -> ExternalFile | None:
    """For those who read a file (projects.extensions.external_files). None, without a statement, for any other file,
    and where the project has no LFS."""
    pointer = Pointer.parse(content) if project.lfs_enabled else None
    if pointer is None:
        return None
    is_here = sizes_of(project.pk, [pointer.oid]) == {pointer.oid: pointer.size}
    address = reverse("project_lfs_object", args=[project.full_path, pointer.oid]) if is_here else ""
    return ExternalFile("Git LFS", pointer.size, address, pointer.oid if is_here else "")


def sizes_of(project_id: int, oids: Iterable[str]) -> dict[str, int]:
    """oid → bytes, of those that the project has. One statement."""
    return dict(LfsObject.objects.filter(project=project_id, blob__in=set(oids)).values_list("blob_id", "size"))


def list_oids(project_id: int) -> list[str] | None:
    """All that the project has, for pushes (projects.extensions.pushed_pointers); None where it has no LFS. Two
    statements."""
    if not Project.objects.filter(pk=project_id, lfs_enabled=True).exists():
        return None
    return sorted(LfsObject.objects.filter(project=project_id).values_list("blob_id", flat=True))


def list_files(project: Project, max_bytes: int) -> dict[str, Path]:
    """For archives (projects.extensions.external_files). One statement."""
    if not project.lfs_enabled:
        return {}
    rows = LfsObject.objects.filter(project=project, size__lte=max_bytes)
    return {oid: path_of(oid) for oid in rows.values_list("blob_id", flat=True)}


def note_asked(project_id: int, oids: Iterable[str]) -> None:
    """A client relies on these being here when it pushes: they are kept for another while (cleanup.KEEP_UNNEEDED)."""
    now = timezone.now()
    known = LfsObject.objects.filter(project=project_id, blob__in=set(oids), asked_at__lt=now - NOTE_INTERVAL)
    known.update(asked_at=now)


def store_object(
    project: Project, upload: TemporaryBlob, *, oid: str, size: int, by: User | None, job_id: int | None
) -> None:
    """Raises ContentMismatch; then nothing is stored. The same object once more changes nothing."""
    if upload.size != size or upload.digests["sha256"] != oid:
        raise ContentMismatch
    with store.commit(upload) as blob:
        asked = {"asked_at": timezone.now()}
        created = asked | {"size": size, "creator": by, "job_id": job_id}
        LfsObject.objects.update_or_create(project=project, blob=blob, defaults=asked, create_defaults=created)


def copy_to_fork(*, origin: Project, fork: Project, **_more: Any) -> None:
    """For projects.extensions.events.project_forked: whoever forks may read the origin's files, and its commits need
    them. Nothing is stored twice. Two statements."""
    rows = LfsObject.objects.filter(project=origin) if origin.lfs_enabled else LfsObject.objects.none()
    LfsObject.objects.bulk_create(
        LfsObject(project=fork, blob_id=blob, size=size, creator_id=creator)
        for blob, size, creator in rows.values_list("blob_id", "size", "creator_id")
    )
