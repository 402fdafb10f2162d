"""Which commits touched a file or folder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pygit2
from pygit2.enums import SortMode

from projects.repository import Commit, NoSuchFile, Repository


def last_change(repository: Repository, sha: str, path: str) -> str:
    """The newest commit, from `sha` back, that made the file at `path` what it is. Raises NoSuchFile.

    Where lines join, the way on is the parent that already has it, as git itself follows a file.
    """
    commit = _commit(repository, sha)
    wanted = _id_at(commit, path)
    if wanted is None:
        raise NoSuchFile(path)
    while True:
        parent = next((parent for parent in commit.parents if _id_at(parent, path) == wanted), None)
        if parent is None:
            return str(commit.id)
        commit = parent


def commits_of(
    repository: Repository,
    sha: str,
    limit: int,
    offset: int,
    *,
    path: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Commit]:
    """Newest first: those that touch `path` ("" for all) and were committed in that time."""
    found: list[Commit] = []
    for commit in _walk(repository, sha, since, until):
        if path and not _touches(commit, path):
            continue
        if offset > 0:
            offset -= 1
            continue
        found.append(repository.commit(str(commit.id)))
        if len(found) == limit:
            break
    return found


def _walk(repository: Repository, sha: str, since: datetime | None, until: datetime | None) -> Iterator[pygit2.Commit]:
    first = since.timestamp() if since else float("-inf")
    last = until.timestamp() if until else float("inf")
    for commit in repository.git.walk(pygit2.Oid(hex=sha), SortMode.TOPOLOGICAL | SortMode.TIME):
        if first <= commit.commit_time <= last:
            yield commit


def _commit(repository: Repository, sha: str) -> pygit2.Commit:
    found: object = repository.git[sha]
    assert isinstance(found, pygit2.Commit)
    return found


def _touches(commit: pygit2.Commit, path: str) -> bool:
    here = _id_at(commit, path)
    if not commit.parents:
        return here is not None
    return all(_id_at(parent, path) != here for parent in commit.parents)


def _id_at(commit: pygit2.Commit, path: str) -> pygit2.Oid | None:
    try:
        return commit.tree[path].id
    except (KeyError, ValueError, TypeError, pygit2.GitError):
        return None


def line_counts(repository: Repository, sha: str) -> tuple[int, int]:
    """Lines added and removed by a commit, against its first parent."""
    commit = _commit(repository, sha)
    diff = repository.git.diff(commit.parents[0], commit) if commit.parents else commit.tree.diff_to_tree(swap=True)
    assert isinstance(diff, pygit2.Diff)
    return diff.stats.insertions, diff.stats.deletions


def is_merged(repository: Repository, sha: str, into: str) -> bool:
    """Whether commit `into` has `sha` in its history."""
    return sha == into or repository.git.descendant_of(pygit2.Oid(hex=into), pygit2.Oid(hex=sha))
