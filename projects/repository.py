"""A project's git repository on disk: reading and small writes through libgit2. Clones and pushes go through the real
git (resources.repositories)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType, SortMode


class NoSuchRef(Exception):
    """No branch, tag or commit of that name."""


class NoSuchFile(Exception):
    """The path is not in that commit, or is not a file."""


class BadChange(Exception):
    """A commit that cannot be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Ref:
    name: str
    sha: str
    is_tag: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is `tree`, `blob` or `commit` (a submodule)."""

    name: str
    path: str
    kind: str
    mode: str
    sha: str


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    parents: tuple[str, ...]
    message: str
    author_name: str
    author_email: str
    authored_at: datetime
    committer_name: str
    committer_email: str
    committed_at: datetime

    @property
    def title(self) -> str:
        return self.message.strip().split("\n", 1)[0]

    @property
    def short_sha(self) -> str:
        return self.sha[:8]


@dataclass(frozen=True, slots=True)
class Change:
    """One file of a commit: `action` is create, update or delete."""

    action: str
    path: str
    content: bytes = b""


class Repository:
    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, default_branch: str) -> Repository:
        """A bare repository that serves partial clones and commits by their id, as runners ask for them."""
        path.parent.mkdir(parents=True, exist_ok=True)
        made = pygit2.init_repository(str(path), bare=True, initial_head=default_branch)
        made.config["uploadpack.allowFilter"] = "true"
        made.config["uploadpack.allowAnySHA1InWant"] = "true"
        made.config["http.receivepack"] = "true"
        made.config["gc.auto"] = "0"
        return cls(path)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def exists(self) -> bool:
        return (self.path / "HEAD").exists()

    @cached_property
    def _git(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.path))

    # --- Names --------------------------------------------------------------------------------------------------------

    def branches(self) -> list[Ref]:
        return self._refs("refs/heads/")

    def tags(self) -> list[Ref]:
        return self._refs("refs/tags/")

    def _refs(self, prefix: str) -> list[Ref]:
        if not self.exists:
            return []
        names = sorted(name for name in self._git.references if name.startswith(prefix))
        return [
            Ref(name.removeprefix(prefix), str(self._git.references[name].peel(pygit2.Commit).id), "tags" in prefix)
            for name in names
        ]

    def is_empty(self) -> bool:
        return not self.branches()

    def find(self, name: str) -> Ref:
        """A branch, else a tag, else a commit by its full or short id. Raises NoSuchRef."""
        for prefix, is_tag in (("refs/heads/", False), ("refs/tags/", True)):
            sha = self._sha(prefix + name)
            if sha is not None:
                return Ref(name, sha, is_tag)
        if 4 <= len(name) <= 64 and all(digit in "0123456789abcdef" for digit in name.lower()) and self.exists:
            try:
                found: object = self._git.get(name)
            except (ValueError, pygit2.GitError):  # too long for this repository, or short for several
                found = None
            if isinstance(found, pygit2.Commit):
                return Ref(name, str(found.id))
        raise NoSuchRef(name)

    def _sha(self, ref: str) -> str | None:
        if not self.exists or not _is_ref_name(ref):
            return None
        try:
            return str(self._git.references[ref].peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError):
            return None

    def branch(self, name: str) -> Ref | None:
        sha = self._sha(f"refs/heads/{name}")
        return None if sha is None else Ref(name, sha)

    def tag(self, name: str) -> Ref | None:
        sha = self._sha(f"refs/tags/{name}")
        return None if sha is None else Ref(name, sha, True)

    def create_branch(self, name: str, at: str) -> Ref:
        """Raises NoSuchRef for `at`, BadChange when the name is taken or improper."""
        return self._create_ref("refs/heads/", name, at)

    def create_tag(self, name: str, at: str, message: str = "", *, by: tuple[str, str] = ("", "")) -> Ref:
        """With a message an annotated one."""
        start = self.find(at)
        full = f"refs/tags/{name}"
        if message and _is_ref_name(full) and full not in self._git.references:
            self._git.create_tag(name, pygit2.Oid(hex=start.sha), ObjectType.COMMIT, _signature(*by), message)
            return Ref(name, start.sha, True)
        return self._create_ref("refs/tags/", name, at)

    def _create_ref(self, prefix: str, name: str, at: str) -> Ref:
        start = self.find(at)
        if not _is_ref_name(prefix + name):
            raise BadChange(f"'{name}' is not a proper name")
        try:
            self._git.references.create(prefix + name, start.sha)
        except (pygit2.AlreadyExistsError, ValueError):
            raise BadChange(f"'{name}' already exists") from None
        return Ref(name, start.sha, "tags" in prefix)

    def delete_ref(self, ref: Ref) -> None:
        self._git.references.delete(f"refs/{'tags' if ref.is_tag else 'heads'}/{ref.name}")

    # --- Contents -----------------------------------------------------------------------------------------------------

    def blob(self, ref: str, path: str) -> bytes:
        """A file's bytes. Raises NoSuchRef or NoSuchFile."""
        return bytes(self._file(ref, path).data)

    def blob_id(self, ref: str, path: str) -> str:
        return str(self._file(ref, path).id)

    def _file(self, ref: str, path: str) -> pygit2.Blob:
        found = self._at(self.find(ref).sha, path)
        if not isinstance(found, pygit2.Blob):
            raise NoSuchFile(path)
        return found

    def tree(self, ref: str, path: str = "") -> list[Entry]:
        """What lies in a folder: folders first, then files. Raises NoSuchRef or NoSuchFile."""
        commit = self.find(ref).sha
        found = self._at(commit, path) if path else self._commit(commit).tree
        if not isinstance(found, pygit2.Tree):
            raise NoSuchFile(path)
        entries = [
            Entry(
                str(item.name),
                f"{path}/{item.name}" if path else str(item.name),
                str(item.type_str),
                f"{item.filemode:06o}",
                str(item.id),
            )
            for item in found
        ]
        return sorted(entries, key=lambda entry: (entry.kind != "tree", entry.name))

    def _at(self, sha: str, path: str) -> pygit2.Object:
        try:
            return self._commit(sha).tree[path]
        except (KeyError, ValueError):
            raise NoSuchFile(path) from None

    def _commit(self, sha: str) -> pygit2.Commit:
        found: object = self._git.get(sha)
        if not isinstance(found, pygit2.Commit):
            raise NoSuchRef(sha)
        return found

    # --- History ------------------------------------------------------------------------------------------------------

    def commit(self, ref: str) -> Commit:
        """Raises NoSuchRef."""
        return _commit(self._commit(self.find(ref).sha))

    def commits(self, ref: str, limit: int = 20, offset: int = 0) -> list[Commit]:
        """Newest first. Raises NoSuchRef."""
        walk = self._walk(ref)
        for _ in zip(range(offset), walk, strict=False):
            pass
        return [_commit(found) for _, found in zip(range(limit), walk, strict=False)]

    def _walk(self, ref: str) -> Iterator[pygit2.Commit]:
        return iter(self._git.walk(pygit2.Oid(hex=self.find(ref).sha), SortMode.TOPOLOGICAL | SortMode.TIME))

    # --- Writing ------------------------------------------------------------------------------------------------------

    def write(
        self, branch: str, changes: list[Change], message: str, *, by: tuple[str, str], start: str | None = None
    ) -> Commit:
        """One commit of `changes` on `branch`, by `(name, email)`.

        A branch that does not exist is made from `start` (or from nothing in an empty repository). The branch moves
        only if nobody moved it meanwhile. Raises NoSuchRef, BadChange.
        """
        ref = f"refs/heads/{branch}"
        if not _is_ref_name(ref):
            raise BadChange(f"'{branch}' is not a proper branch name")
        tip = self._sha(ref)
        base = tip or (None if self.is_empty() else self.find(start or branch).sha)
        tree = self._changed(base, changes)
        who = _signature(*by)
        made = self._git.create_commit(None, who, who, message, tree, [pygit2.Oid(hex=base)] if base else [])
        self._move(ref, tip, str(made))
        return _commit(self._commit(str(made)))

    def _changed(self, base: str | None, changes: list[Change]) -> pygit2.Oid:
        index = pygit2.Index()
        if base:
            index.read_tree(self._commit(base).tree)
        for change in changes:
            _check_path(change.path)
            exists = change.path in index
            if change.action == "create" and exists:
                raise BadChange("A file with this name already exists")
            if change.action in {"update", "delete"} and not exists:
                raise BadChange("A file with this name doesn't exist")
            try:
                if change.action == "delete":
                    index.remove(change.path)
                else:
                    mode = index[change.path].mode if exists else pygit2.enums.FileMode.BLOB
                    index.add(pygit2.IndexEntry(change.path, self._git.create_blob(change.content), mode))
            except (OSError, pygit2.GitError) as error:
                raise BadChange(f"'{change.path}' cannot be written: a folder or file of that name is there") from error
        return index.write_tree(self._git)

    def _move(self, ref: str, old: str | None, new: str) -> None:
        try:
            if old is None:
                self._git.references.create(ref, new)
                return
            # libgit2 compares with what was read here when it writes: a push in between is not lost.
            branch = self._git.references[ref]
            if str(branch.target) != old:
                raise BadChange("The branch was changed meanwhile; try again")
            branch.set_target(new)
        except (pygit2.AlreadyExistsError, pygit2.GitError, KeyError):
            raise BadChange("The branch was changed meanwhile; try again") from None


def _is_ref_name(ref: str) -> bool:
    return len(ref) <= 1024 and ref.isprintable() and pygit2.reference_is_valid_name(ref)


def _check_path(path: str) -> None:
    parts = path.split("/")
    if not path or "\0" in path or len(path) > 4096 or any(part in {"", ".", ".."} for part in parts):
        raise BadChange("The file path is invalid")
    if any(part.lower() == ".git" for part in parts):
        raise BadChange("The file path is invalid")


def _signature(name: str, email: str) -> pygit2.Signature:
    return pygit2.Signature(name or "Token Access", email or "noreply@localhost")


def _moment(seconds: int, offset: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, timezone(timedelta(minutes=offset)))
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _commit(found: pygit2.Commit) -> Commit:
    return Commit(
        sha=str(found.id),
        parents=tuple(str(parent) for parent in found.parent_ids),
        message=found.message,
        author_name=found.author.name,
        author_email=found.author.email,
        authored_at=_moment(found.author.time, found.author.offset),
        committer_name=found.committer.name,
        committer_email=found.committer.email,
        committed_at=_moment(found.commit_time, found.commit_time_offset),
    )
