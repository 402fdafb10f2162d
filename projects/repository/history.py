"""Which commits touched a file or folder."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import count, islice
from typing import TypeVar

import pygit2
from pygit2.enums import SortMode

from projects.repository.objects import Commit, NoSuchFile, read_text
from projects.repository.repository import Repository

T = TypeVar("T")

MAX_SECONDS = 15.0


class HistoryTooLong(Exception):
    """More commits would have to be looked at than there is time for."""


def _within_time(commits: Iterable[T]) -> Iterator[T]:
    """Raises HistoryTooLong."""
    end = time.monotonic() + MAX_SECONDS
    for commit in commits:
        if time.monotonic() > end:
            raise HistoryTooLong
        yield commit


def last_change(repository: Repository, sha: str, path: str) -> str:
    """The newest commit, from `sha` back, that made the file at `path` what it is. Raises NoSuchFile, HistoryTooLong.

    Where lines join, the way on is the parent that already has it, as git itself follows a file.
    """
    commit = _commit(repository, sha)
    wanted = _id_at(commit, path)
    if wanted is None:
        raise NoSuchFile(path)
    for _ in _within_time(count()):
        parent = next((parent for parent in commit.parents if _id_at(parent, path) == wanted), None)
        if parent is None:
            return str(commit.id)
        commit = parent
    raise AssertionError("there is always a first commit")


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which commits of a history: those that touch `path` ("" for all), were committed in that time, and have `author`
    in their author's name and address (`Name <address>`).

    `every_ref`: those of all branches and tags; `first_parent`: what was merged stays out; `topological`: no parent
    before its children, whatever the clocks said. `words`: in the message, in any case.
    """

    path: str = ""
    since: datetime | None = None
    until: datetime | None = None
    author: str = ""
    every_ref: bool = False
    first_parent: bool = False
    topological: bool = False
    words: str = ""


class History:
    """The commits from `sha` back, newest first. Too many to count: only slices are read. Raises HistoryTooLong when
    those of a slice are too far apart."""

    def __init__(self, repository: Repository, sha: str, query: HistoryQuery) -> None:
        self.repository, self.sha, self.query = repository, sha, query

    def __getitem__(self, part: slice) -> list[Commit]:
        wanted = islice(filter(self._is_wanted, _within_time(self._walk())), part.start, part.stop)
        return [self.repository.commit(str(commit.id)) for commit in wanted]

    def _walk(self) -> Iterator[pygit2.Commit]:
        order = SortMode.TOPOLOGICAL if self.query.topological else SortMode.TOPOLOGICAL | SortMode.TIME
        walker = self.repository.git.walk(pygit2.Oid(hex=self.sha), order)
        if self.query.first_parent:
            walker.simplify_first_parent()
        if self.query.every_ref:
            for ref in (*self.repository.branches(), *self.repository.tags()):
                walker.push(pygit2.Oid(hex=ref.sha))
        return walker

    def _is_wanted(self, commit: pygit2.Commit) -> bool:
        query = self.query
        if query.since and commit.commit_time < query.since.timestamp():
            return False
        if query.until and commit.commit_time > query.until.timestamp():
            return False
        if query.author and query.author not in _author_of(commit):
            return False
        if query.words and query.words.lower() not in read_text(commit, "message").lower():
            return False
        return not query.path or _touches(commit, query.path)


def _author_of(commit: pygit2.Commit) -> str:
    return f"{read_text(commit.author, 'name')} <{read_text(commit.author, 'email')}>"


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


def is_merged(repository: Repository, sha: str, into: str) -> bool:
    """Whether commit `into` has `sha` in its history."""
    return sha == into or repository.git.descendant_of(pygit2.Oid(hex=into), pygit2.Oid(hex=sha))
