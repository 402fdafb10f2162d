"""Forks: projects with the branches and tags of another. All else is their own: pipelines, members, variables."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.extensions.events import project_forked
from projects.models import Group, Project
from projects.services.importing import check_path, copy_repository
from text.hidden_characters import reveal
from tokenaccess.policy import features


def fork_project(
    origin: Project,
    *,
    group: Group,
    by: User,
    name: str | None = None,
    path: str | None = None,
    visibility: int | None = None,
    description: str | None = None,
) -> Project:
    """No more visible than its origin. Who may read that and create projects in `group` is asked by the caller. Raises
    ValidationError by field.

    The repository is copied before anything is locked.
    """
    check_path(group, path or origin.path)
    most = origin.visibility if group.person_id else min(origin.visibility, group.visibility)
    with copy_repository(origin.repository_path) as copy, transaction.atomic():
        fork = copy.create_project(
            name=name or origin.name,
            path=path or origin.path,
            group=group,
            by=by,
            visibility=most if visibility is None else min(visibility, most),
            description=reveal(origin.description) if description is None else description,
            **_settings_of(origin),
        )
        Project.objects.filter(pk=fork.pk).update(forked_from=origin, fork_origin=origin.pk)
        fork.forked_from, fork.fork_origin = origin, origin.pk
        project_forked.send(sender=None, origin=origin, fork=fork)
        message = f"Project {fork.full_path} was forked from {origin.full_path}"
        audit.record("project_forked", message, by=by, on=fork, path=fork.full_path, origin=origin.full_path)
    return fork


@transaction.atomic
def detach_fork(fork: Project, *, by: User) -> None:
    """From now on a project like any other, but for what asks where its code came from (`fork_origin`)."""
    fork.forked_from = None
    fork.save(update_fields=["forked_from"])
    message = f"Project {fork.full_path} is no longer a fork"
    audit.record("fork_detached", message, by=by, on=fork, path=fork.full_path)


def _settings_of(origin: Project) -> dict[str, Any]:
    """What the code needs to run, and what of it only members see; who is a member is set anew."""
    names = ("ci_config_path", "build_timeout", "git_depth", "lfs_enabled", "public_jobs", *features.columns())
    return {name: getattr(origin, name) for name in names}
