"""Pushes to branches and tags."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pygit2
from pygit2.enums import SortMode

from hooks.payloads.parts import REDACTED, commit_part, project_part, repository_part
from projects.extensions.events import NULL_SHA, Push, RefChange
from projects.models import Project
from projects.protection import Protections
from projects.repository import NoSuchRef, Repository
from projects.repository.changes import find_changes
from projects.repository.diffs import commit_trees
from projects.tree_browser import display_name

MAX_COMMITS = 20  # that are described
MAX_COUNTED = 1000
MAX_FILES = 100  # of one commit


def push_payload(push: Push, change: RefChange) -> dict[str, Any]:
    project, is_tag = push.project, change.ref.startswith("refs/tags/")
    repository = Repository(project.repository_path)
    shas = [] if is_tag else new_commits(repository, change)
    kind = "tag_push" if is_tag else "push"
    return {
        "object_kind": kind,
        "event_name": kind,
        "before": change.old,
        "after": change.new,
        "ref": change.ref,
        "ref_protected": Protections(project).protects(short_name(change.ref), tag=is_tag),
        "checkout_sha": None if change.new == NULL_SHA else _commit_of(repository, change.new),
        "message": None,
        "user_id": push.user.pk,
        "user_name": push.user.get_full_name() or push.user.username,
        "user_username": push.user.username,
        "user_email": REDACTED,
        "user_avatar": None,
        "project_id": project.pk,
        "project": project_part(project),
        "commits": [_commit_with_files(project, repository, sha) for sha in reversed(shas[:MAX_COMMITS])],
        "total_commits_count": len(shas),
        "push_options": {},
        "repository": repository_part(project),
    }


def update_payload(push: Push) -> dict[str, Any]:
    """All refs of one push together."""
    return {
        "event_name": "repository_update",
        "user_id": push.user.pk,
        "user_name": push.user.get_full_name() or push.user.username,
        "user_email": REDACTED,
        "user_avatar": None,
        "project_id": push.project.pk,
        "project": project_part(push.project),
        "changes": [{"before": one.old, "after": one.new, "ref": one.ref} for one in push.changes],
        "refs": [change.ref for change in push.changes],
    }


def short_name(ref: str) -> str:
    return ref.split("/", 2)[2] if ref.count("/") >= 2 else ref


def new_commits(repository: Repository, change: RefChange) -> list[str]:
    """Newest first, as far as MAX_COUNTED. Of a new branch those that the default branch has not."""
    if change.new == NULL_SHA:
        return []
    try:
        walker = repository.git.walk(pygit2.Oid(hex=change.new), SortMode.TOPOLOGICAL | SortMode.TIME)
        for hidden in [change.old] if change.old != NULL_SHA else _other_heads(repository, change):
            walker.hide(pygit2.Oid(hex=hidden))
    except (KeyError, ValueError, pygit2.GitError):
        return []
    return [str(commit.id) for commit in islice(walker, MAX_COUNTED)]


def _other_heads(repository: Repository, change: RefChange) -> list[str]:
    return [ref.sha for ref in repository.branches() if f"refs/heads/{ref.name}" != change.ref][:MAX_FILES]


def _commit_of(repository: Repository, sha: str) -> str | None:
    try:
        return repository.commit(sha).sha
    except NoSuchRef:
        return None


def _commit_with_files(project: Project, repository: Repository, sha: str) -> dict[str, Any]:
    files = find_changes(*commit_trees(repository, sha)).files[:MAX_FILES]
    by_kind = {
        name: [display_name(file.path) for file in files if file.kind in kinds]
        for name, kinds in (("added", {"added"}), ("modified", {"changed", "renamed"}), ("removed", {"deleted"}))
    }
    return {**commit_part(project, repository.commit(sha)), **by_kind}
