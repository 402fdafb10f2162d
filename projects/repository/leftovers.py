"""Removes what killed writers left behind in repositories: lock files, which would block their branches for ever, and
temporary objects, which only take space.

Only files that no living writer needs are removed: nobody holds the repository's write lock, and they are older than
any write takes by a program that knows nothing of that lock, such as git called by an administrator.
"""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path

from projects.repository.write_lock import LOCKS, is_current, lock_path

log = logging.getLogger(__name__)

# Seconds since the last change to a leftover.
MIN_AGE = 60
# The same where no lock file says that a writer was killed.
MIN_UNEXPECTED_AGE = 3600
COPIES = "copies"  # of repositories on their way to a project, beside the folders of a thousand
# git's objects on their way: https://git-scm.com/docs/gitrepository-layout, and libgit2's.
TEMPORARY_OBJECTS = ("tmp_*", ".tmp-*", "incoming-*", "*_git2_*")


def remove_leftovers(repositories: Path) -> int:
    """Of killed writers whose lock file is still there. Return how many files and folders were removed."""
    return sum(_remove_after_writer(repositories, path) for path in sorted((repositories / LOCKS).glob("*.git")))


def _remove_after_writer(repositories: Path, lock: Path) -> int:
    with suppress(BlockingIOError, FileNotFoundError), lock.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not is_current(file, lock):
            return 0
        repository = next(repositories.glob(f"[0-9]*/{lock.name}"), None)
        found = _leftovers(repository, all_objects=True) if repository else set()
        old = {path for path in found if _is_older(path, MIN_AGE)}
        if repository:
            _remove(repository, old)
        if old == found:
            lock.unlink()
        return len(old)
    return 0


def remove_unexpected_leftovers(repositories: Path) -> int:
    """Looks into every repository: also for what older versions and other programs left behind."""
    count = 0
    for repository in repositories.glob("[0-9]*/*.git"):
        if not lock_path(repository).exists():
            old = {path for path in _leftovers(repository) if _is_older(path, MIN_UNEXPECTED_AGE)}
            _remove(repository, old)
            count += len(old)
    return count + _remove_copies(repositories)


def _remove_copies(repositories: Path) -> int:
    """Whoever made them was killed: none takes that long."""
    old = [path for path in (repositories / COPIES).glob("*.git") if _is_older(path, MIN_UNEXPECTED_AGE)]
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
    return len(old)


def _leftovers(repository: Path, *, all_objects: bool = False) -> set[Path]:
    """`all_objects`: look into the 256 folders of single objects as well."""
    locks = chain(repository.glob("*.lock"), (repository / "refs").rglob("*.lock"))
    objects = repository / "objects"
    folders = [objects, objects / "pack", *(objects.glob("[0-9a-f][0-9a-f]") if all_objects else ())]
    temporary = chain.from_iterable(folder.glob(pattern) for folder in folders for pattern in TEMPORARY_OBJECTS)
    return {*locks, *temporary}


def _is_older(path: Path, seconds: float) -> bool:
    """False when it is gone."""
    try:
        return time.time() - path.lstat().st_mtime > seconds
    except FileNotFoundError:
        return False


def _remove(repository: Path, paths: set[Path]) -> None:
    if paths:
        names = [str(path.relative_to(repository)) for path in sorted(paths)]
        log.warning("Removing %s leftovers of killed writes from %s: %s", len(names), repository, ", ".join(names[:10]))
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(FileNotFoundError):
                os.unlink(path)
