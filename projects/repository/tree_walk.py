"""What lies in a folder and below, one entry after the other: folders first, each with all that is in it."""

from __future__ import annotations

from collections.abc import Iterator

from projects.repository.objects import Entry, NoSuchFile
from projects.repository.repository import Repository


def walk_tree(repository: Repository, sha: str, path: str, *, recursive: bool, after: str = "") -> Iterator[Entry]:
    """The entries of the folder `path` ("" for the top), only those behind the one at `after`.

    Raises NoSuchRef, and NoSuchFile where the folder or `after` is not there.
    """
    entries = repository.tree(sha, path)
    waiting = _behind(repository, entries, path, after, recursive=recursive) if after else [iter(entries)]
    return _walk(repository, waiting, recursive=recursive)


def _walk(repository: Repository, waiting: list[Iterator[Entry]], *, recursive: bool) -> Iterator[Entry]:
    while waiting:
        entry = next(waiting[-1], None)
        if entry is None:
            waiting.pop()
            continue
        yield entry
        if recursive and entry.kind == "tree":
            waiting.append(iter(repository.folder(entry)))


def _behind(
    repository: Repository, entries: list[Entry], path: str, after: str, *, recursive: bool
) -> list[Iterator[Entry]]:
    """The folders on the way down to `after`, each with what follows in it."""
    start = f"{path}/" if path else ""
    parts = after.removeprefix(start).split("/")
    if not after.startswith(start) or (len(parts) > 1 and not recursive):
        raise NoSuchFile(after)
    waiting: list[Iterator[Entry]] = []
    for depth, name in enumerate(parts, 1):
        at = next((at for at, entry in enumerate(entries) if entry.name == name), None)
        if at is None:
            raise NoSuchFile(after)
        waiting.append(iter(entries[at + 1 :]))
        is_folder = entries[at].kind == "tree"
        if not is_folder and depth < len(parts):
            raise NoSuchFile(after)
        entries = repository.folder(entries[at]) if is_folder and recursive else []
    return [*waiting, iter(entries)]
