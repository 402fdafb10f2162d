"""Changes to Terraform states: locking, storing, restoring, deleting. Each takes the state's row first and keeps it
until it is done, so that of several at once one comes after the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit import services as audit
from blobs import store
from blobs.models import Blob, open_blob
from blobs.store import TemporaryBlob
from identity.encryption import decrypt_bytes, encrypt_bytes, reencrypt_bytes
from identity.models import User
from projects.models import Project
from resources.terraform_states.differences import Difference, compare
from resources.terraform_states.documents import StateDocument
from resources.terraform_states.models import StateVersion, TerraformState
from text.numbers import MAX_BIGINT


class StateLocked(Exception):
    """Somebody holds the lock. `lock` is the holder's document."""

    def __init__(self, lock: dict[str, Any] | None) -> None:
        super().__init__("The state is locked")
        self.lock = lock or {}


class LockMismatch(Exception):
    """The lock is not held, or not under that ID."""


class SerialExists(Exception):
    """Another state is stored under that serial."""


def _claim(project: Project, name: str) -> TerraformState:
    """The state's row, created if there is none, locked for the rest of the transaction."""
    state, _ = TerraformState.objects.select_for_update().get_or_create(project=project, name=name)
    return state


def _lock_row(state: TerraformState) -> TerraformState:
    """Raises TerraformState.DoesNotExist if it was deleted meanwhile."""
    return TerraformState.objects.select_for_update().get(pk=state.pk)


@transaction.atomic
def lock_state(project: Project, name: str, lock: dict[str, Any], *, by: User | None, job_id: int | None) -> None:
    """Raises StateLocked, also to who holds it."""
    state = _claim(project, name)
    if state.is_locked:
        raise StateLocked(state.lock)
    state.lock_id, state.lock, state.locked_at = lock["ID"], lock, timezone.now()
    state.locked_by, state.locking_job_id = by, job_id
    state.save()


@transaction.atomic
def unlock_state(state: TerraformState, lock_id: str, *, by: User | None) -> None:
    """Without an ID whoever holds the lock. Raises LockMismatch, TerraformState.DoesNotExist."""
    state = _lock_row(state)
    if lock_id and lock_id != state.lock_id:
        raise LockMismatch
    if not lock_id and state.is_locked:
        _record_force(state, by)
    _clear_lock(state)


@transaction.atomic
def force_unlock(state: TerraformState, lock_id: str, *, by: User) -> None:
    """Somebody else's lock, of that ID. Raises LockMismatch, TerraformState.DoesNotExist."""
    state = _lock_row(state)
    if not state.is_locked or lock_id != state.lock_id:
        raise LockMismatch
    _record_force(state, by)
    _clear_lock(state)


def _clear_lock(state: TerraformState) -> None:
    state.lock_id, state.lock, state.locked_at, state.locked_by, state.locking_job = "", None, None, None, None
    state.save()


def _record_force(state: TerraformState, by: User | None) -> None:
    message = f"Terraform state {state} was unlocked by force"
    _record("terraform_state_unlocked", message, state, by, lock=state.lock_id)


@dataclass
class EncryptedState:
    document: StateDocument
    blob: TemporaryBlob


@contextmanager
def encrypt_state(document: StateDocument) -> Iterator[EncryptedState]:
    """Ready to be stored; it takes time that no transaction should be open for."""
    with TemporaryBlob() as blob:
        blob.write(encrypt_bytes(document.content))
        yield EncryptedState(document, blob)


def store_version(
    project: Project, name: str, upload: EncryptedState, lock_id: str, *, by: User | None, job_id: int | None
) -> None:
    """Under the lock of that ID, "" for none. The same state under the same serial once more changes nothing.

    Raises LockMismatch, SerialExists; then nothing is stored.
    """
    document = upload.document
    with store.commit(upload.blob) as blob:
        state = _claim(project, name)
        if lock_id != state.lock_id:
            raise LockMismatch
        known = state.versions.filter(serial=document.serial).first()
        if known is None:
            _add_version(state, document, blob, by, job_id)
        elif known.sha256 != document.sha256:
            raise SerialExists


def _add_version(
    state: TerraformState, document: StateDocument, blob: Blob, by: User | None, job_id: int | None
) -> StateVersion:
    """With more versions than the instance keeps, those of the lowest serials go."""
    added = state.versions.create(
        serial=document.serial,
        blob=blob,
        size=len(document.content),
        sha256=document.sha256,
        terraform_version=document.terraform_version,
        creator=by,
        job_id=job_id,
    )
    if settings.TERRAFORM_STATE_VERSIONS:
        _delete_old_versions(added)
    return added


def _delete_old_versions(added: StateVersion) -> None:
    """Never the one just stored, whatever its serial."""
    others = added.state.versions.exclude(pk=added.pk).order_by("-serial")
    surplus = list(others.values_list("pk", flat=True)[settings.TERRAFORM_STATE_VERSIONS - 1 :])
    if surplus:
        rows = StateVersion.objects.filter(pk__in=surplus)
        blobs = rows.blob_ids()
        rows.delete()
        store.release_on_commit(blobs)


def read_version(version: StateVersion) -> bytes:
    """Raises identity.encryption.DecryptionError."""
    with open_blob(version.blob_id) as file:
        return decrypt_bytes(file.read())


def compare_versions(old: StateVersion, new: StateVersion) -> Difference:
    """Raises NotComparable, identity.encryption.DecryptionError."""
    return compare(read_version(old), read_version(new))


@transaction.atomic
def reencrypt_version(version: StateVersion) -> bool:
    """Under the instance's current key; whether it was under a former one.

    Raises identity.encryption.DecryptionError, StateVersion.DoesNotExist if it was deleted meanwhile.
    """
    _lock_row(version.state)
    former = StateVersion.objects.get(pk=version.pk)
    with open_blob(former.blob_id) as file:
        content = reencrypt_bytes(file.read())
    if content is None:
        return False
    with TemporaryBlob() as upload:
        upload.write(content)
        with store.commit(upload) as blob:
            StateVersion.objects.filter(pk=former.pk).update(blob=blob)
    store.release_on_commit([former.blob_id])
    return True


def restore_version(version: StateVersion, *, by: User) -> StateVersion:
    """Its state once more, under the next serial, so that terraform takes it for newer than the current one.

    Raises StateLocked, SerialExists if there is no next one, identity.encryption.DecryptionError,
    TerraformState.DoesNotExist.
    """
    document = StateDocument.parse(read_version(version))
    with transaction.atomic():
        state = _lock_unlocked_row(version.state)
        newest = state.versions.newest()
        serial = (newest.serial if newest else version.serial) + 1
        if serial > MAX_BIGINT:
            raise SerialExists
        copy = document.with_serial(serial)
        with encrypt_state(copy) as upload, store.commit(upload.blob) as blob:
            restored = _add_version(state, copy, blob, by, None)
            message = f"Version {version.serial} of Terraform state {state} was restored as {serial}"
            _record("terraform_state_restored", message, state, by, serial=version.serial, new_serial=serial)
    return restored


@transaction.atomic
def delete_state(state: TerraformState, *, by: User | None) -> None:
    """With all its versions, for good. Raises StateLocked, TerraformState.DoesNotExist."""
    state = _lock_unlocked_row(state)
    blobs = state.versions.all().blob_ids()
    _record("terraform_state_deleted", f"Terraform state {state} was deleted", state, by)
    state.delete()
    store.release_on_commit(blobs)


@transaction.atomic
def delete_version(version: StateVersion, *, by: User | None) -> None:
    """Raises StateLocked, TerraformState.DoesNotExist."""
    state = _lock_unlocked_row(version.state)
    message = f"Version {version.serial} of Terraform state {state} was deleted"
    _record("terraform_state_version_deleted", message, state, by, serial=version.serial)
    blob_id = version.blob_id
    version.delete()
    store.release_on_commit([blob_id])


def _lock_unlocked_row(state: TerraformState) -> TerraformState:
    state = _lock_row(state)
    if state.is_locked:
        raise StateLocked(state.lock)
    return state


def _record(event: str, message: str, state: TerraformState, by: User | None, **details: object) -> None:
    project = state.project
    audit.record(event, message, by=by, on=project, path=project.full_path, state=state.name, **details)
