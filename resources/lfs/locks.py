"""Locks on files: whose they are, and what they keep others from."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import IntegrityError, transaction

from audit import services as audit
from identity.models import User
from projects.extensions.locked_paths import LockedPath
from projects.models import Project
from resources.lfs.models import FileLock
from resources.lfs.querysets import digest_path

MAX_PATH = 4096
MAX_LOCKS = 5000  # of a project


class AlreadyLocked(Exception):
    """`lock` is the one there is."""

    def __init__(self, lock: FileLock) -> None:
        super().__init__("The file is locked")
        self.lock = lock


class TooManyLocks(Exception):
    """The project has as many as it may have."""


class NotTheOwner(Exception):
    """The lock is somebody else's."""


def is_path(text: object) -> bool:
    """Whether git could have a file of that name in a tree. Those with a line break or the like cannot be locked: the
    hook reads paths line by line."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_PATH or not _is_unicode(text):
        return False
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        return False
    return not {"", ".", "..", ".git"}.intersection(text.lower().split("/"))


def _is_unicode(text: str) -> bool:
    """Half a surrogate pair can stand in JSON and in no database."""
    return text == text.encode(errors="replace").decode()


def lock_file(project: Project, path: str, *, by: User) -> FileLock:
    """Raises AlreadyLocked, also to who holds it, and TooManyLocks."""
    rows = FileLock.objects.filter(project=project)
    if rows.count() >= MAX_LOCKS:
        raise TooManyLocks
    try:
        with transaction.atomic():
            return rows.create(project=project, path=path, path_sha256=digest_path(path), owner=by)
    except IntegrityError:
        held = rows.at(path).select_related("owner").first()
        if held is None:  # released in between
            return lock_file(project, path, by=by)
        raise AlreadyLocked(held) from None


@transaction.atomic
def unlock_file(lock: FileLock, *, by: User, force: bool) -> None:
    """`force`: also somebody else's, which is recorded. Raises NotTheOwner, FileLock.DoesNotExist."""
    lock = FileLock.objects.select_for_update().get(pk=lock.pk)
    if lock.owner_id != by.pk:
        if not force:
            raise NotTheOwner
        project, message = lock.project, f"The lock on {lock.path} was taken from {lock.owner.username}"
        details = {"file": lock.path, "owner": lock.owner.username}
        audit.record("file_unlocked_by_force", message, by=by, on=project, path=project.full_path, **details)
    lock.delete()


def locked_by_others(project_id: int, user_id: int) -> Iterable[LockedPath]:
    """For pushes and commits (projects.extensions.locked_paths). One statement."""
    rows = FileLock.objects.filter(project=project_id).exclude(owner=user_id)
    return [LockedPath(path, name) for path, name in rows.values_list("path", "owner__username")]
