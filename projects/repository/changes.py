"""Which files differ between two trees, found one after the other.

libgit2 would make a list of all of them first, and a tree of a few kilobytes can stand for thousands of millions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pygit2
from pygit2.enums import FileMode

from projects.repository.git_command import OutputTooLarge

MAX_CHANGES = 5000  # that are looked at, to pair what was renamed and to count them
MAX_FOLDERS = 20_000  # that are looked into: folders without any file in them unfold as far as others
MAX_READ_BYTES = 64 * 1024 * 1024  # to count lines

_Pairs = Iterator[tuple[pygit2.Object | None, pygit2.Object | None]]


@dataclass(frozen=True, slots=True)
class FileChange:
    """`kind` is `added`, `deleted`, `renamed` or `changed`. Paths are as git has them (`display_name`), the same on
    both sides unless renamed; ids and modes are None on a side that has no such file."""

    kind: str
    old_path: str
    path: str
    old_id: pygit2.Oid | None
    new_id: pygit2.Oid | None
    old_mode: int | None
    new_mode: int | None


@dataclass(frozen=True, slots=True)
class Changes:
    """By path. `is_whole`: there were no more than MAX_CHANGES, in no more than MAX_FOLDERS."""

    files: list[FileChange]
    is_whole: bool


def find_changes(old: pygit2.Tree | None, new: pygit2.Tree | None) -> Changes:
    """The first MAX_CHANGES. What moved with its content as it was is one of them, not two."""
    found: list[FileChange] = []
    folders = 0
    for change in _iterate_changes(old, new):
        if change is not None:
            found.append(change)
        else:
            folders += 1
        if len(found) > MAX_CHANGES or folders > MAX_FOLDERS:
            return Changes(_pair_renamed(found[:MAX_CHANGES]), is_whole=False)
    return Changes(_pair_renamed(found), is_whole=True)


def _iterate_changes(old: pygit2.Tree | None, new: pygit2.Tree | None) -> Iterator[FileChange | None]:
    """By path; nothing is renamed. None for each folder that is looked into."""
    waiting: list[tuple[str, _Pairs]] = [("", _pairs(old, new))]
    while waiting:
        prefix, pairs = waiting[-1]
        pair = next(pairs, None)
        if pair is None:
            waiting.pop()
            continue
        before, after = pair
        path = prefix + str((before if after is None else after).name)  # type: ignore[union-attr]
        before_tree, after_tree = _as_tree(before), _as_tree(after)
        if before_tree is not None or after_tree is not None:
            waiting.append((f"{path}/", _pairs(before_tree, after_tree)))
            yield None
        before, after = (None if tree else side for side, tree in ((before, before_tree), (after, after_tree)))
        if before is not None or after is not None:
            yield _change(path, before, after)


def _pairs(old: pygit2.Tree | None, new: pygit2.Tree | None) -> _Pairs:
    """Of one folder, what differs, by name."""
    before = {entry.name: entry for entry in old} if old is not None else {}
    after = {entry.name: entry for entry in new} if new is not None else {}
    for name in sorted(before.keys() | after.keys(), key=str):
        one, other = before.get(name), after.get(name)
        if one is None or other is None or one.id != other.id or one.filemode != other.filemode:
            yield one, other


def _as_tree(entry: pygit2.Object | None) -> pygit2.Tree | None:
    return entry if isinstance(entry, pygit2.Tree) else None


def _change(path: str, before: pygit2.Object | None, after: pygit2.Object | None) -> FileChange:
    kind = "added" if before is None else "deleted" if after is None else "changed"
    old_id, new_id = (None if side is None else side.id for side in (before, after))
    old_mode, new_mode = (None if side is None else int(side.filemode) for side in (before, after))
    return FileChange(kind, path, path, old_id, new_id, old_mode, new_mode)


def _pair_renamed(files: list[FileChange]) -> list[FileChange]:
    """Only by the same content: to find out how much two files are alike, each would have to be read."""
    gone: dict[pygit2.Oid | None, list[FileChange]] = {}
    for file in reversed(files):
        if file.kind == "deleted":
            gone.setdefault(file.old_id, []).append(file)
    paired: list[FileChange] = []
    taken: set[str] = set()
    for file in files:
        if file.kind == "added" and gone.get(file.new_id):
            was = gone[file.new_id].pop()
            taken.add(was.path)
            file = replace(file, kind="renamed", old_path=was.path, old_id=was.old_id, old_mode=was.old_mode)
        paired.append(file)
    return [file for file in paired if file.kind != "deleted" or file.path not in taken]


def _read_side(git: pygit2.Repository, oid: pygit2.Oid | None, mode: int | None) -> pygit2.Blob | bytes | None:
    """What is compared of one side of a change; of a submodule the line that git writes for it."""
    if oid is None:
        return None
    if mode == FileMode.COMMIT:
        return f"Subproject commit {oid}\n".encode()
    found: object = git.get(oid)
    return found if isinstance(found, pygit2.Blob) else None


def size_of(git: pygit2.Repository, oid: pygit2.Oid | None) -> int:
    """Of a file, without reading it; 0 where there is none, as for a submodule."""
    if oid is None or oid not in git.odb:
        return 0
    return int(git.odb.read_header(oid)[1])


@dataclass(frozen=True, slots=True)
class LoadedPatch:
    """A patch reads the memory of what was compared, and does not keep it itself."""

    patch: pygit2.Patch
    sides: tuple[pygit2.Blob | bytes | None, ...]


def load_patch(git: pygit2.Repository, file: FileChange) -> LoadedPatch:
    sides = _read_side(git, file.old_id, file.old_mode), _read_side(git, file.new_id, file.new_mode)
    return LoadedPatch(pygit2.Patch.create_from(*sides), sides)


def count_lines(git: pygit2.Repository, old: pygit2.Tree | None, new: pygit2.Tree | None) -> tuple[int, int]:
    """Lines added and deleted. Raises OutputTooLarge when that is too much to read."""
    changes = find_changes(old, new)
    size = sum(size_of(git, oid) for file in changes.files for oid in (file.old_id, file.new_id))
    if not changes.is_whole or size > MAX_READ_BYTES:
        raise OutputTooLarge
    added = deleted = 0
    for file in changes.files:
        loaded = load_patch(git, file)
        _, more, less = loaded.patch.line_stats
        added, deleted = added + more, deleted + less
    return added, deleted
