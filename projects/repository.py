"""A project's git repository on disk: reading and small writes through libgit2. Clones and pushes go through the real
git (resources.repositories)."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType, SortMode

from projects.changes import BadChange, Change, changed_tree

__all__ = [
    "BadChange", "Change", "Commit", "Entry", "NoSuchFile", "NoSuchRef", "Ref", "Repository", "is_branch_name",
    "is_full_id",
]  # fmt: skip

_FULL_ID = re.compile(r"[0-9a-fA-F]{40}\Z")


class NoSuchRef(Exception):
    """No branch, tag or commit of that name."""


class NoSuchFile(Exception):
    """The path is not in that commit, or is not a file."""


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


class Repository:
    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path, default_branch: str) -> Repository:
        """A bare repository that serves partial clones and commits by their id, as runners ask for them."""
        path.parent.mkdir(parents=True, exist_ok=True)
        # A change that was rolled back may have left one behind under the same id.
        shutil.rmtree(path, ignore_errors=True)
        made = pygit2.init_repository(str(path), bare=True, initial_head=default_branch)
        made.config["uploadpack.allowFilter"] = "true"
        made.config["uploadpack.allowAnySHA1InWant"] = "true"
        made.config["http.receivepack"] = "true"
        made.config["gc.auto"] = "0"
        return cls(path)

    def set_default_branch(self, name: str) -> None:
        """What a clone checks out."""
        self.git.references.create("HEAD", f"refs/heads/{name}", force=True)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    @property
    def exists(self) -> bool:
        return (self.path / "HEAD").exists()

    @cached_property
    def git(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.path))

    # --- Names --------------------------------------------------------------------------------------------------------

    def branches(self) -> list[Ref]:
        return self._refs("refs/heads/")

    def tags(self) -> list[Ref]:
        return self._refs("refs/tags/")

    def _refs(self, prefix: str) -> list[Ref]:
        if not self.exists:
            return []
        names = sorted(name for name in self.git.references if name.startswith(prefix))
        found = [(name.removeprefix(prefix), self._sha(name)) for name in names]
        # What leads to no commit (a tag of a file) or has no name that could be written is left out.
        return [Ref(name, sha, prefix == "refs/tags/") for name, sha in found if sha is not None]

    def is_empty(self) -> bool:
        return not self.branches()

    def find(self, name: str) -> Ref:
        """A branch, else a tag, else a commit by its full or short id, or by that of a tag's own object (a push of an
        annotated tag names that). Raises NoSuchRef.

        A full id is no branch's or tag's name: whoever may push any could put their commit in the place of another.
        """
        names = () if is_full_id(name) else (("refs/heads/", False), ("refs/tags/", True))
        for prefix, is_tag in names:
            sha = self._sha(prefix + name)
            if sha is not None:
                return Ref(name, sha, is_tag)
        if 4 <= len(name) <= 64 and all(digit in "0123456789abcdef" for digit in name.lower()) and self.exists:
            try:
                found: object = self.git.get(name)
                if isinstance(found, pygit2.Tag):
                    found = found.peel(pygit2.Commit)
            except (ValueError, pygit2.GitError):  # too long for this repository, short for several, or a tag of a file
                found = None
            if isinstance(found, pygit2.Commit):
                return Ref(name, str(found.id))
        raise NoSuchRef(name)

    def _sha(self, ref: str) -> str | None:
        if not self.exists or not _is_ref_name(ref):
            return None
        try:
            return str(self.git.references[ref].peel(pygit2.Commit).id)
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
        """With a message an annotated one. Raises as `create_branch`."""
        start = self.find(at)
        if not message:
            return self._create_ref("refs/tags/", name, at)
        self._check_new("refs/tags/", name)
        try:
            self.git.create_tag(name, pygit2.Oid(hex=start.sha), ObjectType.COMMIT, _signature(*by), message)
        except (pygit2.GitError, ValueError, OSError):
            raise BadChange(f"'{name}' cannot be: it is there, or a part of it is the name of another") from None
        return Ref(name, start.sha, True)

    def _create_ref(self, prefix: str, name: str, at: str) -> Ref:
        start = self.find(at)
        self._check_new(prefix, name)
        try:
            self.git.references.create(prefix + name, start.sha)
        except (pygit2.GitError, ValueError, OSError):
            raise BadChange(f"'{name}' cannot be: it is there, or a part of it is the name of another") from None
        return Ref(name, start.sha, prefix == "refs/tags/")

    def _check_new(self, prefix: str, name: str) -> None:
        if not is_branch_name(name):
            raise BadChange(f"'{name}' is not a proper name")
        if prefix + name in self.git.references:
            raise BadChange(f"'{name}' already exists")

    def delete_ref(self, ref: Ref) -> None:
        """Raises NoSuchRef when it has gone meanwhile."""
        try:
            self.git.references.delete(f"refs/{'tags' if ref.is_tag else 'heads'}/{ref.name}")
        except KeyError:
            raise NoSuchRef(ref.name) from None

    def tag_message(self, name: str) -> str:
        """What an annotated tag says; "" for a plain one."""
        found = self.git.get(self.git.references[f"refs/tags/{name}"].target)
        return _text(found, "message") if isinstance(found, pygit2.Tag) else ""

    # --- Contents -----------------------------------------------------------------------------------------------------

    def blob(self, ref: str, path: str) -> bytes:
        """A file's bytes. Raises NoSuchRef or NoSuchFile."""
        return bytes(self._file(ref, path).data)

    def blob_id(self, ref: str, path: str) -> str:
        return str(self._file(ref, path).id)

    def mode(self, ref: str, path: str) -> int:
        return int(self._file(ref, path).filemode)

    def blob_by_id(self, sha: str) -> bytes:
        """The bytes of a file known by its full id. Raises NoSuchFile."""
        found: object = self.git.get(sha) if self.exists and re.fullmatch("[0-9a-f]{40}", sha) else None
        if not isinstance(found, pygit2.Blob):
            raise NoSuchFile(sha)
        return bytes(found.data)

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
        except (KeyError, ValueError, TypeError, pygit2.GitError):
            raise NoSuchFile(path) from None

    def _commit(self, sha: str) -> pygit2.Commit:
        found: object = self.git.get(sha)
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
        return iter(self.git.walk(pygit2.Oid(hex=self.find(ref).sha), SortMode.TOPOLOGICAL | SortMode.TIME))

    # --- Writing ------------------------------------------------------------------------------------------------------

    def write(
        self,
        branch: str,
        changes: list[Change],
        message: str,
        *,
        by: tuple[str, str],
        start: str | None = None,
        author: tuple[str, str] | None = None,
    ) -> Commit:
        """One commit of `changes` on `branch`, by `(name, email)`, `author` its writer if another.

        A branch that does not exist is made from `start` (or from nothing in an empty repository). The branch moves
        only if nobody moved it meanwhile. Raises NoSuchRef, BadChange.
        """
        ref = f"refs/heads/{branch}"
        if not is_branch_name(branch):
            raise BadChange(f"'{branch}' is not a proper branch name")
        tip = self._sha(ref)
        base = tip or (None if self.is_empty() else self.find(start or branch).sha)
        tree = changed_tree(self.git, self._commit(base).tree if base else None, changes)
        committer = _signature(*by)
        parents = [pygit2.Oid(hex=base)] if base else []
        made = self.git.create_commit(
            None, _signature(*author) if author else committer, committer, message, tree, parents
        )
        self._move(ref, tip, str(made))
        return _commit(self._commit(str(made)))

    def _move(self, ref: str, old: str | None, new: str) -> None:
        try:
            if old is None:
                self.git.references.create(ref, new)
                return
            # libgit2 compares with what was read here when it writes: a push in between is not lost.
            branch = self.git.references[ref]
            if str(branch.target) != old:
                raise BadChange("The branch was changed meanwhile; try again")
            branch.set_target(new)
        except (pygit2.GitError, ValueError, OSError, KeyError):
            raise BadChange("The branch was changed meanwhile; try again") from None


def is_full_id(name: str) -> bool:
    return _FULL_ID.match(name) is not None


def _is_ref_name(ref: str) -> bool:
    return len(ref) <= 1024 and ref.isprintable() and pygit2.reference_is_valid_name(ref)


def is_branch_name(name: str) -> bool:
    return bool(name) and not name.startswith("-") and name != "HEAD" and _is_ref_name(f"refs/heads/{name}")


def _signature(name: str, email: str) -> pygit2.Signature:
    name, email = (re.sub(r"[<>\x00-\x1f]", "", part).strip() for part in (name, email))
    return pygit2.Signature(name or "Token Access", email or "noreply@localhost")


def _moment(seconds: int, offset: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, timezone(timedelta(minutes=offset)))
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def _text(found: pygit2.Commit | pygit2.Tag | pygit2.Signature, field: str) -> str:
    """Text as git keeps it: in any encoding, or in one that nobody knows."""
    try:
        return str(getattr(found, field))
    except (LookupError, UnicodeDecodeError):
        raw: bytes = getattr(found, f"raw_{field}", b"")
        return raw.decode("utf-8", "replace")


def _commit(found: pygit2.Commit) -> Commit:
    return Commit(
        sha=str(found.id),
        parents=tuple(str(parent) for parent in found.parent_ids),
        message=_text(found, "message"),
        author_name=_text(found.author, "name"),
        author_email=_text(found.author, "email"),
        authored_at=_moment(found.author.time, found.author.offset),
        committer_name=_text(found.committer, "name"),
        committer_email=_text(found.committer, "email"),
        committed_at=_moment(found.commit_time, found.commit_time_offset),
    )
