"""Stores, reads and deletes secure files. They are encrypted before anything of them reaches the disk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from audit import services as audit
from blobs import store
from blobs.models import open_blob
from blobs.store import TemporaryBlob
from identity.encryption import decrypt_bytes, encrypt_bytes
from identity.models import User
from projects.models import Project
from resources.secure_files.models import MAX_NAME, SecureFile

MAX_BYTES = 5 * 1024 * 1024
MAX_FILES = 100  # of one project


def name_error(name: str) -> str:
    """What is wrong with the name, going on from the word "name"; "" if nothing is.

    Programs that fetch all files of a project write each under its name, so that none may lead to another folder.
    """
    if not name.strip():
        return "can't be blank"
    if len(name) > MAX_NAME:
        return f"is too long (maximum is {MAX_NAME} characters)"
    if name in {".", ".."} or "/" in name or "\\" in name or not name.isprintable():
        return "must be the name of a file, without slashes and control characters"
    return ""


@dataclass
class EncryptedFile:
    name: str
    size: int
    sha256: str
    blob: TemporaryBlob


@contextmanager
def encrypt_file(name: str, content: bytes) -> Iterator[EncryptedFile]:
    """Ready to be stored; it takes time that no transaction should be open for. Raises ValidationError by field."""
    errors = {"name": name_error(name), "file": "" if content else "can't be blank"}
    if any(errors.values()):
        raise ValidationError({field: [text] for field, text in errors.items() if text})
    with TemporaryBlob() as blob:
        blob.write(encrypt_bytes(content))
        yield EncryptedFile(name, len(content), hashlib.sha256(content).hexdigest(), blob)


def store_file(project: Project, upload: EncryptedFile, *, by: User | None) -> SecureFile:
    """Raises ValidationError by field: the name is taken, the project has as many as it may have."""
    with store.commit(upload.blob) as blob:
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # uploads are counted one after the other
        if SecureFile.objects.filter(project=project).count() >= MAX_FILES:
            raise ValidationError(f"Maximum number of project ci secure files ({MAX_FILES}) exceeded")
        file = SecureFile(
            project=project, name=upload.name, blob=blob, size=upload.size, sha256=upload.sha256, creator=by
        )
        try:
            with transaction.atomic():
                file.save(force_insert=True)
        except IntegrityError:
            raise ValidationError({"name": ["has already been taken"]}) from None
        _record("secure_file_added", f"Secure file {file} was added", file, by)
    return file


def read_file(file: SecureFile) -> bytes:
    """Raises identity.encryption.DecryptionError."""
    with open_blob(file.blob_id) as stored:
        return decrypt_bytes(stored.read())


@transaction.atomic
def delete_file(file: SecureFile, *, by: User | None) -> None:
    """For good. Raises SecureFile.DoesNotExist."""
    file = SecureFile.objects.select_for_update(of=("self",)).select_related("project").get(pk=file.pk)
    _record("secure_file_deleted", f"Secure file {file} was deleted", file, by)
    blob_id = file.blob_id
    file.delete()
    store.release_on_commit([blob_id])


def _record(event: str, message: str, file: SecureFile, by: User | None) -> None:
    project = file.project
    audit.record(event, message, by=by, on=project, path=project.full_path, file=file.name, sha256=file.sha256)
