"""Branches, tags and other names of commits."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import pygit2
from pygit2.enums import ObjectType

from projects.repository.commit_actions import ChangedMeanwhile, InvalidChange, invalid_change
from projects.repository.objects import (
    HEADS,
    ID_LIKE,
    TAGS,
    NoSuchRef,
    Ref,
    is_branch_name,
    is_full_id,
    is_ref_name,
    looks_like_id,
    parse_ref,
    read_text,
    signature,
)
from projects.repository.write_lock import WriteLock

CHANGED = "'{}' was changed meanwhile; try again"
NAME_CONFLICT = "'{}' cannot be: it is there, or a part of it is the name of another"


class RefStore:
    """Finds, creates and deletes refs. A repository that does not exist on the disk has none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return (self.path / "HEAD").exists()

    @cached_property
    def git(self) -> pygit2.Repository:
        return pygit2.Repository(str(self.path))

    def branches(self) -> list[Ref]:
        return self._refs(HEADS)

    def tags(self) -> list[Ref]:
        return self._refs(TAGS)

    def _refs(self, prefix: str) -> list[Ref]:
        if not self.exists:
            return []
        names = sorted(name for name in self.git.references if name.startswith(prefix))
        found = [(name.removeprefix(prefix), self._sha(name)) for name in names]
        # What leads to no commit (a tag of a file) or has no name that could be written is left out.
        return [Ref(name, sha, prefix == TAGS) for name, sha in found if sha is not None]

    def is_empty(self) -> bool:
        return not self.branches()

    def find(self, name: str) -> Ref:
        """A branch, else a tag, else a commit by its full or short id, or by that of a tag's own object (a push of an
        annotated tag names that). `refs/tags/v1` is that tag and nothing else. Raises NoSuchRef.

        A full id is no branch's or tag's name: whoever may push any could put their commit in the place of another.
        """
        short, tag = parse_ref(name)
        found_ref = None if is_full_id(short) else self._branch_or_tag(short, tag)
        if found_ref is not None:
            return found_ref
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
        if not self.exists or not is_ref_name(ref):
            return None
        try:
            return str(self.git.references[ref].peel(pygit2.Commit).id)
        except (KeyError, ValueError, pygit2.GitError):
            return None

    def branch(self, name: str) -> Ref | None:
        sha = self._sha(HEADS + name)
        return None if sha is None else Ref(name, sha)

    def tag(self, name: str) -> Ref | None:
        sha = self._sha(TAGS + name)
        return None if sha is None else Ref(name, sha, True)

    def _branch_or_tag(self, name: str, tag: bool | None) -> Ref | None:
        branch = None if tag else self.branch(name)
        return branch or (None if tag is False else self.tag(name))

    def create_branch(self, name: str, at: str) -> Ref:
        """Raises NoSuchRef for `at`, InvalidChange when the name is taken or improper."""
        with WriteLock(self.path):
            return self._create_ref(HEADS, name, at)

    def create_tag(self, name: str, at: str, message: str = "", *, by: tuple[str, str] = ("", "")) -> Ref:
        """With a message an annotated one. Raises as `create_branch`."""
        with WriteLock(self.path):
            return self._create_tag(name, at, message, by=by)

    def _create_tag(self, name: str, at: str, message: str, *, by: tuple[str, str]) -> Ref:
        start = self.find(at)
        if not message:
            return self._create_ref(TAGS, name, at)
        self._check_new(TAGS, name)
        with invalid_change(NAME_CONFLICT.format(name)):
            self.git.create_tag(name, pygit2.Oid(hex=start.sha), ObjectType.COMMIT, signature(*by), message)
        return Ref(name, start.sha, True)

    def _create_ref(self, prefix: str, name: str, at: str) -> Ref:
        start = self.find(at)
        self._check_new(prefix, name)
        with invalid_change(NAME_CONFLICT.format(name)):
            self.git.references.create(prefix + name, start.sha)
        return Ref(name, start.sha, prefix == TAGS)

    def _check_new(self, prefix: str, name: str) -> None:
        if not is_branch_name(name):
            raise InvalidChange(f"'{name}' is not a proper name{ID_LIKE if looks_like_id(name) else ''}")
        if prefix + name in self.git.references:
            raise InvalidChange(f"'{name}' already exists")

    def delete_ref(self, ref: Ref) -> None:
        """Raises NoSuchRef when it has gone meanwhile, InvalidChange when it leads elsewhere by now."""
        name = (TAGS if ref.is_tag else HEADS) + ref.name
        try:
            with WriteLock(self.path):
                found = self.git.references[name]
                if str(found.peel(pygit2.Commit).id) != ref.sha:
                    raise ChangedMeanwhile(CHANGED.format(ref.name))
                with invalid_change(CHANGED.format(ref.name)):
                    found.delete()  # libgit2 compares once more with what was read here
        except KeyError:
            raise NoSuchRef(ref.name) from None

    def tag_object(self, name: str) -> pygit2.Tag | None:
        """That of an annotated tag; a plain one has none."""
        found: object = self.git.get(self.git.references[TAGS + name].target)
        return found if isinstance(found, pygit2.Tag) else None

    def tag_message(self, name: str) -> str:
        """What an annotated tag says; "" for a plain one."""
        found = self.tag_object(name)
        return "" if found is None else read_text(found, "message")
