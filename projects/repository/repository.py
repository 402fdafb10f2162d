"""A project's git repository on disk: reading and small writes through libgit2. Clones and pushes go through the real
git (resources.repositories)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pygit2

from projects.repository.commit_actions import Change, InvalidChange, apply_changes, invalid_change
from projects.repository.contents import Contents
from projects.repository.objects import ID_LIKE, Commit, is_branch_name, looks_like_id, read_commit, signature
from projects.repository.strict_check import find_complaint
from projects.repository.write_lock import WriteLock


class Repository(Contents):
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
        with WriteLock(self.path):
            self.git.references.create("HEAD", f"refs/heads/{name}", force=True)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def write(self, branch: str, changes: list[Change], message: str, **options: Any) -> Commit:
        """As `commit_to`."""
        return self.commit_to(branch, changes, message, **options)[0]

    def commit_to(
        self,
        branch: str,
        changes: list[Change],
        message: str,
        *,
        by: tuple[str, str],
        start: str | None = None,
        author: tuple[str, str] | None = None,
        anew: bool = False,
        check: Callable[[str], None] = lambda base: None,
    ) -> tuple[Commit, str | None]:
        """One commit of `changes` on `branch`, by `(name, email)`, `author` its writer if another; and the id that the
        branch had before.

        A branch that does not exist is made from `start` (or from nothing in an empty repository), and so is one that
        is to be made `anew`. `check` is called with the id of the commit that the changes build on, and may refuse by
        what it raises. The branch moves only if nobody moved it meanwhile. Raises NoSuchRef, InvalidChange.
        """
        if not is_branch_name(branch):
            raise InvalidChange(f"'{branch}' is not a proper branch name{ID_LIKE if looks_like_id(branch) else ''}")
        with WriteLock(self.path):
            ref = f"refs/heads/{branch}"
            tip = self._sha(ref)
            base = None if anew else tip
            base = base or (None if self.is_empty() else self.find(start or branch).sha)
            if base is not None:
                check(base)
            made = self._write(base, changes, message, by=by, author=author)
            self._update_ref(ref, tip, made.sha)
            return made, tip

    def _write(
        self,
        base: str | None,
        changes: list[Change],
        message: str,
        *,
        by: tuple[str, str],
        author: tuple[str, str] | None,
    ) -> Commit:
        tree = apply_changes(self.git, self._commit(base).tree if base else None, changes)
        committer = signature(*by)
        parents = [pygit2.Oid(hex=base)] if base else []
        made = self.git.create_commit(
            None, signature(*author) if author else committer, committer, message, tree, parents
        )
        commit = self._commit(str(made))
        complaint = find_complaint(self.git, commit, (change.path for change in changes))
        if complaint:
            raise InvalidChange(f"The files cannot be written as asked: {complaint}")
        return read_commit(commit)

    def _update_ref(self, ref: str, old: str | None, new: str) -> None:
        with invalid_change("The branch was changed meanwhile; try again"):
            if old is None:
                self.git.references.create(ref, new)
                return
            # libgit2 compares with what was read here when it writes: a push in between is not lost.
            branch = self.git.references[ref]
            if str(branch.target) != old:
                raise InvalidChange("The branch was changed meanwhile; try again")
            branch.set_target(new)
