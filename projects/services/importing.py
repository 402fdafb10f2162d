"""A project made of a repository that exists already."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pygit2
from django.core.exceptions import ValidationError
from django.db import transaction

from identity.models import User
from projects.models import Group, Project
from projects.repository import Repository
from projects.repository.write_lock import WriteLock
from projects.services.projects import create_project

BRANCHES = "refs/heads/"


@transaction.atomic
def import_project(*, source: Path, name: str, path: str, group: Group, by: User, **more: Any) -> Project:
    """A new project with every branch and tag of the repository at `source`, which stays as it is.

    Neither its hooks nor its settings come along: they would run as ours. `more` as for `create_project`. Raises
    ValidationError.
    """
    default_branch = _default_branch(source)
    project = create_project(name=name, path=path, group=group, by=by, default_branch=default_branch, **more)
    repository = Repository(project.repository_path)
    with WriteLock(repository.path) as lock:
        fetched = subprocess.run(
            ["git", "--git-dir", str(repository.path), "fetch", "--quiet", "--no-write-fetch-head",
             str(source.resolve()), "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"],
            capture_output=True, text=True, errors="replace", check=False, pass_fds=[lock.fileno()],
        )  # fmt: skip
    if fetched.returncode:
        repository.remove()
        raise ValidationError({"base": [f"git could not read {source}: {fetched.stderr.strip()}"]})
    return project


def _default_branch(source: Path) -> str:
    try:
        target = pygit2.Repository(str(source)).references["HEAD"].raw_target
    except (pygit2.GitError, KeyError):
        raise ValidationError({"base": [f"there is no git repository at {source}"]}) from None
    # A HEAD that is no branch names none; the usual one then.
    found = target.decode(errors="replace") if isinstance(target, bytes) else ""
    return found.removeprefix(BRANCHES) if found.startswith(BRANCHES) else "main"
