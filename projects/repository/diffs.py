"""What a commit changed, file by file, as far as a page can show it."""

from __future__ import annotations

from dataclasses import dataclass, field

import pygit2
from pygit2.enums import FileMode

from projects.repository.changes import FileChange, find_changes, load_patch, size_of
from projects.repository.objects import NoSuchRef
from projects.repository.repository import Repository

MAX_FILES = 100
MAX_FILE_BYTES = 512 * 1024  # of a file before or after the change
MAX_FILE_LINES = 1500
MAX_LINES = 5000  # of all files together
MAX_BYTES = 1024 * 1024
MAX_READ_BYTES = 16 * 1024 * 1024  # of all files together, before and after

_KINDS_OF_LINES = {"+": "added", "-": "deleted", " ": "kept"}


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`kind` is `added`, `deleted` or `kept`, `sign` what git writes for it. A number is None on the side that does not
    have the line."""

    kind: str
    sign: str
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Hunk:
    """`header` tells where it stands: `@@ -1,4 +1,5 @@ def f():`."""

    header: str
    lines: list[DiffLine]


@dataclass(slots=True)
class FileDiff:
    """`kind` is `added`, `deleted`, `renamed` or `changed`. Paths are as git has them (`display_name`).

    `has_page`: it can be looked at afterwards. `hunks` are empty for a binary file, for one of which only the mode or
    the name changed, and for what `is_too_large`.
    """

    kind: str
    path: str
    old_path: str
    has_page: bool
    mode: str = ""  # `100644 → 100755`, where it changed
    is_binary: bool = False
    is_too_large: bool = False
    additions: int = 0
    deletions: int = 0
    hunks: list[Hunk] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class CommitDiff:
    """The first MAX_FILES of `count` files that differ from the first parent. `is_whole`: there are not yet more."""

    files: list[FileDiff]
    count: int
    is_whole: bool = True

    @property
    def hidden(self) -> int:
        return self.count - len(self.files)


class _Budget:
    """How much may still be read, and shown on the page."""

    def __init__(self) -> None:
        self.lines, self.bytes, self.read_bytes = MAX_LINES, MAX_BYTES, MAX_READ_BYTES

    def may_read(self, *sizes: int) -> bool:
        if max(sizes) > MAX_FILE_BYTES or sum(sizes) > self.read_bytes:
            return False
        self.read_bytes -= sum(sizes)
        return True

    def spend(self, patch: pygit2.Patch) -> bool:
        """Whether there was enough for the patch."""
        lines, size = sum(patch.line_stats), len(patch.data or b"")
        if lines > min(self.lines, MAX_FILE_LINES) or size > self.bytes:
            return False
        self.lines, self.bytes = self.lines - lines, self.bytes - size
        return True


def commit_diff(repository: Repository, sha: str) -> CommitDiff:
    """What the commit changed in its first parent; all that it holds, if it has none. Raises NoSuchRef."""
    old, new = commit_trees(repository, sha)
    changes = find_changes(old, new)
    budget = _Budget()
    shown = [_file_diff(repository.git, file, budget) for file in changes.files[:MAX_FILES]]
    return CommitDiff(shown, len(changes.files), changes.is_whole)


def commit_trees(repository: Repository, sha: str) -> tuple[pygit2.Tree | None, pygit2.Tree]:
    """That of the first parent, if there is one, and the commit's own. Raises NoSuchRef."""
    commit: object = repository.git.get(sha)
    if not isinstance(commit, pygit2.Commit):
        raise NoSuchRef(sha)
    return (commit.parents[0].tree if commit.parents else None), commit.tree


def _file_diff(git: pygit2.Repository, file: FileChange, budget: _Budget) -> FileDiff:
    shown = FileDiff(file.kind, file.path, file.old_path, _has_page(file))
    if file.old_mode is not None and file.new_mode is not None and file.old_mode != file.new_mode:
        shown.mode = f"{file.old_mode:06o} → {file.new_mode:06o}"
    if not budget.may_read(size_of(git, file.old_id), size_of(git, file.new_id)):
        shown.is_too_large = True
        return shown
    loaded = load_patch(git, file)
    patch = loaded.patch
    shown.is_binary = bool(patch.delta.is_binary)
    _, shown.additions, shown.deletions = patch.line_stats
    if budget.spend(patch):
        shown.hunks = [_hunk(hunk) for hunk in patch.hunks]
    else:
        shown.is_too_large = True
    return shown


def _has_page(file: FileChange) -> bool:
    """Whether it is a file at all, not a submodule, and has a name that can stand in an address."""
    return file.new_mode not in {None, FileMode.COMMIT} and file.path.isprintable()


def _hunk(hunk: pygit2.DiffHunk) -> Hunk:
    return Hunk(hunk.header.rstrip("\r\n"), [_line(line) for line in hunk.lines if line.origin in _KINDS_OF_LINES])


def _line(line: pygit2.DiffLine) -> DiffLine:
    text = line.raw_content.decode("utf-8", "replace").rstrip("\r\n")
    return DiffLine(_KINDS_OF_LINES[line.origin], line.origin, _number(line.old_lineno), _number(line.new_lineno), text)


def _number(number: int) -> int | None:
    return number if number > 0 else None
