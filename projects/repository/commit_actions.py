"""What a commit made by the API or a page changes, applied to a tree."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pygit2
from pygit2.enums import FileMode

from outages.kinds import outage_of

MAX_PATH = 4096
MAX_ENTRIES = 1_000_000  # files and folders of the tree that a commit builds on, which is held in memory
ACTIONS = ("create", "update", "delete", "move", "chmod")
# What the file system of macOS (HFS+) leaves out of names: with one of these `.git` is another name only here. A push
# with such a file is refused (receive.fsckObjects).
_LEFT_OUT = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])


class InvalidChange(Exception):
    """A commit that cannot be made; the text says why."""


class ChangedMeanwhile(InvalidChange):
    """Somebody else moved the ref first."""


@contextmanager
def invalid_change(sentence: str) -> Iterator[None]:
    """What libgit2 refuses to write is an InvalidChange; a full disk stays what it is."""
    try:
        yield
    except (pygit2.GitError, ValueError, OSError, KeyError) as error:
        if outage_of(error) is not None:
            raise
        raise InvalidChange(sentence) from error


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a commit: `action` is create, update, delete, move (from `previous_path`) or chmod.

    `content` None leaves a moved file's as it is, `executable` None its mode.
    """

    action: str
    path: str
    content: bytes | None = None
    previous_path: str = ""
    executable: bool | None = None


def apply_changes(git: pygit2.Repository, base: pygit2.Tree | None, changes: list[Change]) -> pygit2.Oid:
    """The tree that `changes`, one after the other, make of `base`. Raises InvalidChange."""
    index = pygit2.Index()
    if base is not None:
        if count_entries(base) > MAX_ENTRIES:
            raise InvalidChange("The repository has too many files to be changed here; use git")
        index.read_tree(base)
    with invalid_change("The files cannot be written as asked: a path is no proper one"):
        for change in changes:
            _apply(git, index, change)
        return index.write_tree(git)


def count_entries(tree: pygit2.Tree) -> int:
    """Files and folders of a tree, itself included. Each folder is read once, however often it is in there: a tree of a
    few kilobytes can stand for thousands of millions."""
    counts: dict[pygit2.Oid, int] = {}
    waiting = [tree]
    while waiting:
        folders = [entry for entry in waiting[-1] if isinstance(entry, pygit2.Tree)]
        unread = {folder.id: folder for folder in folders if folder.id not in counts}
        if unread:
            waiting += unread.values()
            continue
        read = waiting.pop()
        counts[read.id] = 1 + len(read) - len(folders) + sum(counts[folder.id] for folder in folders)
    return counts[tree.id]


def _apply(git: pygit2.Repository, index: pygit2.Index, change: Change) -> None:
    _check_path(change.path)
    source = change.path
    if change.action == "move":
        source = change.previous_path
        _check_path(source)
    if change.action in {"create", "move"} and change.path in index:
        raise InvalidChange("A file with this name already exists")
    if change.action != "create" and source not in index:
        raise InvalidChange("A file with this name doesn't exist")
    if change.action == "delete":
        index.remove(source)
        return
    known = index[source] if change.action != "create" else None
    if change.action == "move":
        index.remove(source)
    _check_collision(index, change.path)
    index.add(pygit2.IndexEntry(change.path, _blob(git, change, known), _mode(change, known)))


def _blob(git: pygit2.Repository, change: Change, existing: pygit2.IndexEntry | None) -> pygit2.Oid:
    if change.action == "chmod" or (change.action == "move" and change.content is None):
        assert existing is not None
        return existing.id
    return git.create_blob(change.content or b"")


def _mode(change: Change, existing: pygit2.IndexEntry | None) -> FileMode:
    if change.executable is None:
        return FileMode.BLOB if existing is None else existing.mode
    return FileMode.BLOB_EXECUTABLE if change.executable else FileMode.BLOB


def _check_collision(index: pygit2.Index, path: str) -> None:
    """libgit2 would replace a file by a folder of its name, and a folder by a file, without a word."""
    parts = path.split("/")
    if any("/".join(parts[:n]) in index for n in range(1, len(parts))):
        raise InvalidChange(f"'{path}' cannot be written: a folder on its way is a file")
    if any(entry.path.startswith(f"{path}/") for entry in index):
        raise InvalidChange("A directory with this name already exists")


def _check_path(path: str) -> None:
    parts = path.split("/")
    if not path or "\0" in path or len(path) > MAX_PATH or any(part in {"", ".", ".."} for part in parts):
        raise InvalidChange("The file path is invalid")
    if any(part.translate(_LEFT_OUT).lower() == ".git" for part in parts):
        raise InvalidChange("The file path is invalid")
