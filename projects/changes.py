"""What a commit made by the API or a page changes, applied to a tree."""

from __future__ import annotations

from dataclasses import dataclass

import pygit2
from pygit2.enums import FileMode

LONGEST_PATH = 4096
ACTIONS = ("create", "update", "delete", "move", "chmod")


class BadChange(Exception):
    """A commit that cannot be made; the text says why."""


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


def changed_tree(git: pygit2.Repository, base: pygit2.Tree | None, changes: list[Change]) -> pygit2.Oid:
    """The tree that `changes`, one after the other, make of `base`. Raises BadChange."""
    index = pygit2.Index()
    if base is not None:
        index.read_tree(base)
    try:
        for change in changes:
            _apply(git, index, change)
        return index.write_tree(git)
    except (OSError, ValueError, pygit2.GitError) as error:
        raise BadChange("The files cannot be written as asked: a path is no proper one") from error


def _apply(git: pygit2.Repository, index: pygit2.Index, change: Change) -> None:
    _check_path(change.path)
    source = change.path
    if change.action == "move":
        source = change.previous_path
        _check_path(source)
    if change.action in {"create", "move"} and change.path in index:
        raise BadChange("A file with this name already exists")
    if change.action != "create" and source not in index:
        raise BadChange("A file with this name doesn't exist")
    if change.action == "delete":
        index.remove(source)
        return
    known = index[source] if change.action != "create" else None
    if change.action == "move":
        index.remove(source)
    _check_room(index, change.path)
    index.add(pygit2.IndexEntry(change.path, _blob(git, change, known), _mode(change, known)))


def _blob(git: pygit2.Repository, change: Change, known: pygit2.IndexEntry | None) -> pygit2.Oid:
    if change.action == "chmod" or (change.action == "move" and change.content is None):
        assert known is not None
        return known.id
    return git.create_blob(change.content or b"")


def _mode(change: Change, known: pygit2.IndexEntry | None) -> FileMode:
    if change.executable is None:
        return FileMode.BLOB if known is None else known.mode
    return FileMode.BLOB_EXECUTABLE if change.executable else FileMode.BLOB


def _check_room(index: pygit2.Index, path: str) -> None:
    """libgit2 would replace a file by a folder of its name, and a folder by a file, without a word."""
    parts = path.split("/")
    if any("/".join(parts[:n]) in index for n in range(1, len(parts))):
        raise BadChange(f"'{path}' cannot be written: a folder on its way is a file")
    if any(entry.path.startswith(f"{path}/") for entry in index):
        raise BadChange("A directory with this name already exists")


def _check_path(path: str) -> None:
    parts = path.split("/")
    if not path or "\0" in path or len(path) > LONGEST_PATH or any(part in {"", ".", ".."} for part in parts):
        raise BadChange("The file path is invalid")
    if any(part.lower() == ".git" for part in parts):
        raise BadChange("The file path is invalid")
