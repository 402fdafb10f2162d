"""The files of a commit, and those that changed since another: what `rules:exists` and `rules:changes` ask for."""

from __future__ import annotations

import pygit2

from projects.repository import NoSuchRef, Repository


def files(repository: Repository, sha: str) -> list[str]:
    """Every path, in every folder."""
    index = pygit2.Index()
    index.read_tree(_commit(repository, sha).tree)
    return [entry.path for entry in index]


def changed_files(repository: Repository, sha: str, before_sha: str, compare_to: str | None) -> list[str] | None:
    """Paths added, changed, moved or removed by the push, or since the branch, tag or commit `compare_to` was left.

    None when the push began a branch or tag, or when no push is known. LookupError: there is no `compare_to`.
    """
    if compare_to is not None:
        return _differences(repository, _parting(repository, sha, compare_to), sha)
    if not isinstance(repository.git.get(before_sha), pygit2.Commit):
        return None
    return _differences(repository, before_sha, sha)


def _parting(repository: Repository, sha: str, name: str) -> str:
    """The last commit both have; the other's own when they share none."""
    try:
        other = repository.find(name.removeprefix("refs/heads/").removeprefix("refs/tags/")).sha
    except NoSuchRef:
        raise LookupError(name) from None
    base: object = repository.git.merge_base(other, sha)
    return str(base) if base is not None else other


def _differences(repository: Repository, old: str, new: str) -> list[str]:
    difference = _commit(repository, old).tree.diff_to_tree(_commit(repository, new).tree)
    return sorted({path for delta in difference.deltas for path in (delta.old_file.path, delta.new_file.path)})


def _commit(repository: Repository, sha: str) -> pygit2.Commit:
    found: object = repository.git.get(sha)
    if not isinstance(found, pygit2.Commit):
        raise NoSuchRef(sha)
    return found
