"""A project made of a repository that exists already."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pygit2
from django.conf import settings
from django.core.exceptions import ValidationError

from identity.models import User
from projects.models import Group, Project
from projects.repository import Repository
from projects.repository.git_environment import git_environment
from projects.repository.leftovers import COPIES
from projects.services.names import full_path_in
from projects.services.projects import create_project

BRANCHES = "refs/heads/"
MAX_SECONDS = 600


@dataclass(frozen=True)
class RepositoryCopy:
    """A repository of our own, not yet of any project, with every branch and tag of another."""

    path: Path
    default_branch: str

    def create_project(self, *, name: str, path: str, group: Group, by: User, **more: Any) -> Project:
        """The project that it becomes the repository of, in the caller's transaction. Raises ValidationError."""
        project = create_project(name=name, path=path, group=group, by=by, default_branch=self.default_branch, **more)
        repository = Repository(project.repository_path)
        repository.remove()
        self.path.rename(repository.path)
        return project


def check_path(group: Group, path: str) -> None:
    """Before a long copy that would be for nothing. Raises ValidationError."""
    full_path_in(group, path)


@contextmanager
def copy_repository(source: Path) -> Iterator[RepositoryCopy]:
    """With every branch and tag of the repository at `source`, which stays as it is; neither its hooks nor its settings
    come along: they would run as ours.

    Outside of any transaction: git may take minutes, and nobody should wait for that. Raises ValidationError.
    """
    default_branch = _default_branch(source)
    path = Path(settings.REPOSITORIES_DIR) / COPIES / f"{uuid.uuid4().hex}.git"
    repository = Repository.create(path, default_branch)
    try:
        _fetch(source, path)
        yield RepositoryCopy(path, default_branch)
    finally:
        repository.remove()  # of one that became a project's there is nothing left here


def _fetch(source: Path, path: Path) -> None:
    process = subprocess.Popen(
        ["git", f"--git-dir={path}", "fetch", "--quiet", "--no-write-fetch-head", str(source.resolve()),
         "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=git_environment({}), cwd="/",
        start_new_session=True,
    )  # fmt: skip
    try:
        _, errors = process.communicate(timeout=MAX_SECONDS)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # git's helpers end with it
        process.communicate()
        raise ValidationError({"base": ["The repository could not be copied in time"]}) from None
    if process.returncode:
        words = errors.decode(errors="replace").replace(str(source), source.name).strip()
        raise ValidationError({"base": [f"git could not read the repository: {words[:500]}"]})


def _default_branch(source: Path) -> str:
    try:
        target = pygit2.Repository(str(source)).references["HEAD"].raw_target
    except (pygit2.GitError, KeyError):
        raise ValidationError({"base": [f"there is no git repository at {source}"]}) from None
    # A HEAD that is no branch names none; the usual one then.
    found = target.decode(errors="replace") if isinstance(target, bytes) else ""
    return found.removeprefix(BRANCHES) if found.startswith(BRANCHES) else "main"
