"""Housekeeping of LFS objects: what no commit of its project needs any more is deleted, but not soon.

Objects are uploaded before the commits that name them, and a push may be tried again days later. So an object stays for
KEEP_UNNEEDED after a client last asked for it, and is looked for in everything that any ref of the repository reaches.
"""

from __future__ import annotations

import logging
import re
import subprocess
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

from django.db import transaction
from django.db.models import Q

from blobs import store
from projects.models import Project
from projects.repository import Repository
from projects.repository.git_environment import git_environment
from resources.lfs.models import LfsObject
from resources.lfs.pointers import MAX_POINTER_BYTES

log = logging.getLogger(__name__)

KEEP_UNNEEDED = timedelta(days=14)
CHECK_INTERVAL = timedelta(days=7)  # of one project
# Of all that refs reach, the files that are small enough to be pointers.
_FIND = (
    "rev-list", "--objects", "--no-object-names", "--all", "--filter-provided-objects",
    f"--filter=combine:object:type=blob+blob:limit={MAX_POINTER_BYTES}",
)  # fmt: skip
# Clients take pointers that are written more freely than ours: with other line ends, of older versions.
_OID = re.compile(rb"sha256:([0-9a-f]{64})")
_READ = ("cat-file", "--batch", "--buffer")


def delete_unneeded(now: datetime) -> int:
    """Look at one project; return how many of its objects were deleted."""
    due = Q(asked_at__lt=now - KEEP_UNNEEDED) & (Q(checked_at=None) | Q(checked_at__lt=now - CHECK_INTERVAL))
    first = LfsObject.objects.filter(due).order_by("asked_at").first()
    if first is None:
        return 0
    candidates = LfsObject.objects.filter(due, project=first.project_id)
    oids = set(candidates.values_list("blob_id", flat=True))
    candidates.update(checked_at=now)  # first: what fails is tried again in a week, not with every pass
    repository = Project(pk=first.project_id).repository_path
    if not Repository(repository).exists:
        return 0
    return _delete(first.project_id, oids - needed_oids(repository), now)


@transaction.atomic
def _delete(project_id: int, oids: set[str], now: datetime) -> int:
    """But for those that a client has asked for meanwhile."""
    rows = LfsObject.objects.select_for_update().filter(project=project_id, asked_at__lt=now - KEEP_UNNEEDED)
    deleted = [row for row in rows if row.oid in oids]
    LfsObject.objects.filter(pk__in=[row.pk for row in deleted]).delete()
    store.release_on_commit(row.oid for row in deleted)
    return len(deleted)


def needed_oids(repository: Path) -> set[str]:
    """The objects that a small file names, in anything that a ref reaches. Raises OSError or CalledProcessError if git
    cannot tell."""
    finds = _git(repository, _FIND, stdin=subprocess.DEVNULL)
    reads = _git(repository, _READ, stdin=finds.stdout)
    assert finds.stdout is not None
    assert reads.stdout is not None
    finds.stdout.close()
    found: set[str] = set()
    try:
        for content in _contents(reads.stdout):
            found.update(oid.decode() for oid in _OID.findall(content))
    finally:
        reads.stdout.close()
        for process in (reads, finds):
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, process.args)
    return found


def _contents(output: IO[bytes]) -> Iterator[bytes]:
    """Of `<id> blob <bytes>`, the bytes and a line's end, over and over."""
    while header := output.readline():
        size = int(header.split()[2])
        yield output.read(size + 1)[:size]


def _git(repository: Path, arguments: tuple[str, ...], stdin: int | IO[bytes] | None) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["git", "--git-dir", str(repository), *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=git_environment({}),
        cwd="/",
    )
