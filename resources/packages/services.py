"""Changes to packages: storing a file, deleting."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from audit import services as audit
from blobs import store
from blobs.store import Incoming
from identity.models import User
from jobs.models import Job
from projects.models import Project
from resources.packages.models import Kind, Package, PackageFile, Status


def store_file(
    *,
    project: Project,
    kind: Kind,
    name: str,
    version: str,
    file_name: str,
    incoming: Incoming,
    by: User | None,
    job_id: int | None = None,
    status: Status | None = None,
) -> PackageFile:
    """Adds an upload to its package, which is made with its first file. An earlier file of that name stays, unseen.

    `job_id`: the job that uploads, whose pipeline is remembered. `status` None leaves a known package's as it is.
    """
    pipeline_id = None
    if job_id is not None:
        pipeline_id = Job.objects.values_list("pipeline_id", flat=True).get(pk=job_id)
    with store.keep(incoming) as blob:
        package, _ = Package.objects.get_or_create(
            project=project,
            kind=kind,
            name=name,
            version=version,
            defaults={"creator": by, "status": status or Status.DEFAULT},
        )
        if status is not None and package.status != status:
            package.status = status
            package.save(update_fields=["status"])
        digests = incoming.digests
        file = PackageFile.objects.create(
            package=package,
            blob=blob,
            name=file_name,
            size=incoming.size,
            md5=digests.get("md5", ""),
            sha1=digests.get("sha1", ""),
            creator=by,
            pipeline_id=pipeline_id,
        )
        message = f"{file_name} of package {package} was published"
        audit.record(
            "package_published",
            message,
            by=by,
            on=project,
            path=project.full_path,
            package=package.pk,
            job=job_id,
            sha256=file.sha256,
        )
    return file


@transaction.atomic
def delete_package(package: Package, *, by: User | None) -> None:
    """With all its files, for good."""
    hashes = list(package.files.values_list("blob_id", flat=True))
    project = package.project
    audit.record(
        "package_deleted",
        f"Package {package} was deleted",
        by=by,
        on=project,
        path=project.full_path,
        package=package.pk,
    )
    package.delete()
    _let_go_after(hashes)


@transaction.atomic
def delete_file(file: PackageFile, *, by: User | None) -> None:
    """One upload; an earlier one of the same name comes to light again."""
    project = file.package.project
    audit.record(
        "package_file_deleted",
        f"{file.name} of package {file.package} was deleted",
        by=by,
        on=project,
        path=project.full_path,
        package=file.package_id,
        file=file.pk,
    )
    file.delete()
    _let_go_after([file.sha256])


def _let_go_after(hashes: Iterable[str]) -> None:
    transaction.on_commit(partial(store.let_go, set(hashes)))
