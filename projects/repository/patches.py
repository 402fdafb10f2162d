"""What files changed as patches, in the text that git writes; and what lies between two commits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import pygit2
from pygit2.enums import SortMode

from projects.repository.changes import Changes, FileChange, find_changes, load_patch, size_of
from projects.repository.objects import Commit, read_commit
from projects.repository.repository import Repository

MAX_FILE_BYTES = 512 * 1024  # of a file before or after the change
MAX_PATCH_BYTES = 256 * 1024  # of one file
MAX_BYTES = 4 * 1024 * 1024  # of all that are told at once
MAX_COMMITS = 1000
MAX_FILES = 1000  # of a comparison


@dataclass(frozen=True, slots=True)
class FilePatch:
    """`hunks` begin with `@@`; "" for what only moved, and for one that `is_too_large`."""

    file: FileChange
    hunks: str
    is_too_large: bool = False


class Patches:
    """Of a list of changes; each is read when a slice asks for it."""

    def __init__(self, git: pygit2.Repository, files: list[FileChange]) -> None:
        self._git, self._files = git, files

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, part: slice) -> list[FilePatch]:
        left, found = MAX_BYTES, []
        for file in self._files[part]:
            patch = self._read(file, min(left, MAX_PATCH_BYTES))
            left -= len(patch.hunks)
            found.append(patch)
        return found

    def _read(self, file: FileChange, most: int) -> FilePatch:
        if max(size_of(self._git, file.old_id), size_of(self._git, file.new_id)) > MAX_FILE_BYTES or not most:
            return FilePatch(file, "", is_too_large=True)
        loaded = load_patch(self._git, file)
        text = _hunks(file, loaded.patch)
        return FilePatch(file, text) if len(text) <= most else FilePatch(file, "", is_too_large=True)


def _hunks(file: FileChange, patch: pygit2.Patch) -> str:
    if patch.delta.is_binary:
        before, after = unified_names(file)
        return f"Binary files {before} and {after} differ\n"
    _head, _, hunks = (patch.data or b"").partition(b"\n@@ ")
    return f"@@ {hunks.decode('utf-8', 'replace')}" if hunks else ""


def unified_names(file: FileChange) -> tuple[str, str]:
    """As they stand above a unified diff."""
    before = "/dev/null" if file.old_id is None else f"a/{file.old_path}"
    after = "/dev/null" if file.new_id is None else f"b/{file.path}"
    return before, after


@dataclass(frozen=True, slots=True)
class Comparison:
    """What `head` has that `base` has not: commits, the oldest first, and changes since they parted.

    `is_whole`: there are no more of either than MAX_COMMITS and MAX_FILES.
    """

    commits: list[Commit]
    patches: list[FilePatch]
    is_whole: bool
    is_same: bool


def compare(repository: Repository, base: str, head: str, *, straight: bool) -> Comparison:
    """Two commits by their full ids. `straight`: the changes from one to the other, wherever they parted."""
    git = repository.git
    walker = git.walk(pygit2.Oid(hex=head), SortMode.TOPOLOGICAL | SortMode.TIME)
    walker.hide(pygit2.Oid(hex=base))
    commits = [read_commit(commit) for commit in islice(walker, MAX_COMMITS + 1)]
    start = base if straight else str(git.merge_base(pygit2.Oid(hex=base), pygit2.Oid(hex=head)) or base)
    changes = find_changes(_tree(git, start), _tree(git, head))
    shown = Changes(changes.files[:MAX_FILES], changes.is_whole and len(changes.files) <= MAX_FILES)
    patches = Patches(git, shown.files)[:]
    is_whole = len(commits) <= MAX_COMMITS and shown.is_whole
    return Comparison(commits[:MAX_COMMITS][::-1], patches, is_whole, base == head)


def _tree(git: pygit2.Repository, sha: str) -> pygit2.Tree:
    commit: object = git[sha]
    assert isinstance(commit, pygit2.Commit)
    return commit.tree


def merge_base(repository: Repository, shas: list[str]) -> Commit | None:
    """The best commit from which the first and any of the others can be reached, as `git merge-base` has it."""
    found = repository.git.merge_base_many([pygit2.Oid(hex=sha) for sha in shas])
    return None if found is None else repository.commit(str(found))
