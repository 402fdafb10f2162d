"""The files of a commit, and those changed since another one, for `rules:exists` and `rules:changes`."""

from __future__ import annotations

import pygit2

from projects.repository import NoSuchRef, Repository


def list_files(repository: Repository, sha: str) -> list[str]:
    """The paths of all files in the commit."""
    index = pygit2.Index()
    index.read_tree(_commit(repository, sha).tree)
    return [entry.path for entry in index]


def changed_files(repository: Repository, sha: str, before_sha: str, compare_to: str | None) -> list[str] | None:
    """Paths that were added, changed, moved or removed by the push, or since the merge base with `compare_to`.

    `compare_to`: a branch, tag or commit. None is returned if the push created the branch or tag, or if there was no
    push. Raises LookupError if `compare_to` does not exist.
    """
    if compare_to is not None:
        return _changed_paths(repository, _merge_base(repository, sha, compare_to), sha)
    if not isinstance(repository.git.get(before_sha), pygit2.Commit):
        return None
    return _changed_paths(repository, before_sha, sha)


def _merge_base(repository: Repository, sha: str, name: str) -> str:
    """The merge base of `sha` and the ref `name`; the commit of `name` itself if they share no history."""
    try:
        other = repository.find(name).sha
    except NoSuchRef:
        raise LookupError(name) from None
    base: object = repository.git.merge_base(other, sha)
    return str(base) if base is not None else other


def _changed_paths(repository: Repository, old: str, new: str) -> list[str]:
    difference = _commit(repository, old).tree.diff_to_tree(_commit(repository, new).tree)
    return sorted({path for delta in difference.deltas for path in (delta.old_file.path, delta.new_file.path)})


def _commit(repository: Repository, sha: str) -> pygit2.Commit:
    commit: object = repository.git.get(sha)
    if not isinstance(commit, pygit2.Commit):
        raise NoSuchRef(sha)
    return commit
