"""Changes to packages: storing a file, deleting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import re2
from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from blobs import store
from blobs.store import TemporaryBlob
from identity.models import User
from jobs.models import Job
from projects.models import Group, Project
from resources.packages.models import (
    MAX_EXCEPTION_REGEX,
    Package,
    PackageFile,
    PackageSettings,
    PackageStatus,
    Yank,
)
from resources.packages.querysets import PackageFileQuerySet

# kind → what follows when a version of a package was deleted: `(project, name, by)`, after the transaction.
AFTER_DELETION: dict[str, Callable[[Project, str, User | None], None]] = {}


class DuplicateFile(Exception):
    """The package has a file of that name already, and its format allows only one."""


@dataclass(frozen=True, slots=True)
class FileKey:
    """Names a file: the format's kind, package, version, and the file's name in it."""

    kind: str
    name: str
    version: str
    file_name: str


def store_file(
    project: Project,
    key: FileKey,
    upload: TemporaryBlob,
    *,
    by: User | None,
    job_id: int | None = None,
    status: PackageStatus | None = None,
    is_unique: bool = False,
    details: Callable[[PackageFile], object] | None = None,
) -> PackageFile:
    """Adds an upload to its package, which is made with its first file. An earlier file of that name stays, unseen.

    `job_id`: the job that uploads, whose pipeline is remembered. `status` None leaves a known package's as it is.
    `is_unique`: an earlier file of that name raises DuplicateFile instead. `details` stores what the format keeps
    besides, in the same transaction.
    """
    pipeline_id = None if job_id is None else Job.objects.values_list("pipeline_id", flat=True).get(pk=job_id)
    with store.commit(upload) as blob:
        package = _package_of(project, key, creator=by, status=status or PackageStatus.DEFAULT)
        if is_unique:
            _refuse_duplicate(package, key.file_name)
        if status is not None and package.status != status:
            package.status = status
            package.save(update_fields=["status"])
        digests = upload.digests
        file = PackageFile.objects.create(
            package=package,
            blob=blob,
            name=key.file_name,
            size=upload.size,
            **{name: digests.get(name, "") for name in ("md5", "sha1", "sha512")},
            creator=by,
            pipeline_id=pipeline_id,
            job_id=job_id,
        )
        if details is not None:
            details(file)
        _record_published(project, file, by)
    return file


def _package_of(project: Project, key: FileKey, **new: Any) -> Package:
    """`new`: the fields of one that is made with its first file."""
    names = {"kind": key.kind, "name": key.name, "version": key.version}
    package, _ = Package.objects.get_or_create(project=project, **names, defaults=new)
    return package


def _record_published(project: Project, file: PackageFile, by: User | None) -> None:
    package = file.package
    message = f"{file.name} of package {package} was published"
    about = {"package": package.pk, "job": file.job_id, "sha256": file.sha256}
    audit.record("package_published", message, by=by, on=project, path=project.full_path, **about)


def _refuse_duplicate(package: Package, file_name: str) -> None:
    """One upload at a time asks: the package's row stays locked until its file is stored."""
    Package.objects.select_for_update().get(pk=package.pk)
    if package.files.filter(name=file_name).exists():
        raise DuplicateFile


@transaction.atomic
def change_settings(group: Group, *, by: User, **changes: bool | str) -> PackageSettings:
    """`changes`: fields of PackageSettings. Only what really changes is written and recorded. Raises ValidationError by
    field."""
    faults = {name: _regex_fault(value) for name, value in changes.items() if isinstance(value, str)}
    if any(faults.values()):
        raise ValidationError({name: [fault] for name, fault in faults.items() if fault})
    settings, _ = PackageSettings.objects.select_for_update().get_or_create(group=group)
    real = {field: value for field, value in changes.items() if getattr(settings, field) != value}
    for field, value in real.items():
        setattr(settings, field, value)
    if real:
        settings.save(update_fields=list(real))
        message = f"The package settings of {group.full_path} were changed"
        audit.record("package_settings_changed", message, by=by, on=group, path=group.full_path, **real)
    return settings


def _regex_fault(pattern: str) -> str:
    """What is wrong with a regular expression; "" if nothing is."""
    if len(pattern) > MAX_EXCEPTION_REGEX:
        return f"is too long (maximum is {MAX_EXCEPTION_REGEX} characters)"
    if not pattern.isprintable():
        return "is invalid"
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        return "not valid RE2 syntax"
    return ""


@transaction.atomic
def delete_package(package: Package, *, by: User | None) -> None:
    """With all its files, for good."""
    _lock_files(package.files.all())
    hashes = package.files.all().blob_ids()
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
    store.release_on_commit(hashes)
    follow = AFTER_DELETION.get(package.kind)
    if follow is not None and package.version:
        transaction.on_commit(partial(follow, project, package.name, by))


@transaction.atomic
def delete_file(file: PackageFile, *, by: User | None) -> None:
    """One upload; an earlier one of the same name comes to light again."""
    project = file.package.project
    _lock_files(PackageFile.objects.filter(pk=file.pk))
    hashes = PackageFile.objects.filter(pk=file.pk).blob_ids()
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
    store.release_on_commit(hashes)


def _lock_files(files: PackageFileQuerySet) -> None:
    """Nothing is counted any longer of files that are about to be deleted: a new row of counts would stop that."""
    list(files.order_by("pk").select_for_update().values_list("pk"))


@transaction.atomic
def yank_release(package: Package, *, reason: str, by: User) -> None:
    """Of two at once the first one's reason stays."""
    _, is_new = Yank.objects.get_or_create(package=package, defaults={"reason": reason, "creator": by})
    if is_new:
        _record_yank("package_yanked", f"Package {package} was yanked", package, by)


@transaction.atomic
def unyank_release(package: Package, *, by: User) -> None:
    deleted, _ = Yank.objects.filter(package=package).delete()
    if deleted:
        _record_yank("package_unyanked", f"Package {package} is no longer yanked", package, by)


def _record_yank(event: str, message: str, package: Package, by: User) -> None:
    project = package.project
    audit.record(event, message, by=by, on=project, path=project.full_path, package=package.pk)
