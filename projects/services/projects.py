"""Projects: making, changing, deleting."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from identity.models import User
from identity.names import require_visible
from projects.ci_config_path import validate_ci_config_path
from projects.extensions import events
from projects.models import FormerPath, Group, Project, ProtectedRef, RefKind
from projects.protection import Protections
from projects.repository import Repository, is_branch_name
from projects.roles import effective_roles
from projects.services.deletion import remove_project
from projects.services.id_token_subject import validate_id_token_subject
from projects.services.names import full_path_in, validate_name, validate_visibility
from projects.services.protection import protect
from tokenaccess.policy import features
from tokenaccess.policy.levels import Visibility

_EDITABLE = frozenset(
    """name description visibility default_branch archived lfs_enabled public_jobs ci_config_path build_timeout
    git_depth shared_runners_enabled keep_latest_artifact pipeline_variables_level auto_cancel_pipelines fetches_code
    separate_caches id_token_subject""".split()
).union(features.columns())


@transaction.atomic
def create_project(
    *,
    name: str,
    path: str,
    group: Group,
    by: User,
    visibility: int = Visibility.PRIVATE,
    description: str = "",
    creator: User | None = None,
    **more: Any,
) -> Project:
    """A new project with an empty repository, its default branch protected. Raises ValidationError by field.

    `creator`: whose project it is, when that is not `by`. `more`: any field of `_EDITABLE`. Who may make one in
    `group` is asked by the caller.
    """
    effective_roles.lock_tree(group)
    validate_name(name)
    require_visible(description=description, lines=True)
    validate_visibility(visibility, group)
    _validate_changes(more)
    full_path = full_path_in(group, path)
    FormerPath.claim(full_path)
    project = Project.objects.create(
        name=name,
        path=path,
        full_path=full_path,
        group=group,
        visibility=visibility,
        description=description,
        creator=creator or by,
        **more,
    )
    effective_roles.sync(groups=Group.objects.none(), projects=Project.objects.filter(pk=project.pk))
    audit.record("project_created", f"Project {full_path} was created", by=by, on=project, path=full_path)
    # Maintainers push, merge and run pipelines there. It is part of the making: no line of its own in the audit.
    ProtectedRef.objects.create(project=project, kind=RefKind.BRANCH, name=project.default_branch)
    # Last: when it fails, the rows are rolled back. A folder that a failed commit leaves is nobody's: ids move on.
    Repository.create(project.repository_path, project.default_branch)
    return project


@transaction.atomic
def update_project(project: Project, *, by: User, **changes: Any) -> Project:
    """Raises ValidationError by field. Only what really changes is written and told."""
    _validate_changes(changes)
    if changes.get("name", project.name) != project.name:
        validate_name(changes["name"])
    if changes.get("description", project.description) != project.description:
        require_visible(description=changes["description"], lines=True)
    if "visibility" in changes:
        # The group may have changed since the project was read; while it is locked it does not.
        effective_roles.lock_tree(project.group)
        validate_visibility(changes["visibility"], Group.objects.get(pk=project.group_id))
    real = {field: value for field, value in changes.items() if getattr(project, field) != value}
    if "default_branch" in real:
        _move_default_branch(project, real["default_branch"], by)
    for field, value in real.items():
        setattr(project, field, value)
    if real:
        project.save(update_fields=list(real))
        what = ", ".join(sorted(real))
        message = f"Project {project.full_path}: changed {what}"
        audit.record("project_updated", message, by=by, on=project, path=project.full_path, **real)
        events.announce_change(project=project, fields=real.keys())
    return project


@transaction.atomic
def delete_project(project: Project, *, by: User) -> None:
    """Gone for everyone and for good."""
    audit.record(
        "project_deleted", f"Project {project.full_path} was deleted", by=by, on=project, path=project.full_path
    )
    remove_project(project)


def _move_default_branch(project: Project, name: str, by: User) -> None:
    """What is not there yet is protected as in a new project; a branch that is there stays as it is."""
    repository = Repository(project.repository_path)
    if repository.is_empty():
        if not Protections(project).protects(name):
            protect(project, kind=RefKind.BRANCH, name=name, by=by)
    elif repository.branch(name) is None:
        raise ValidationError({"default_branch": [f"there is no branch '{name}'"]})
    transaction.on_commit(lambda: repository.set_default_branch(name), robust=True)


def _validate_changes(changes: dict[str, Any]) -> None:
    unknown = changes.keys() - _EDITABLE
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    if "default_branch" in changes and not is_branch_name(changes["default_branch"]):
        raise ValidationError({"default_branch": ["is not a proper name of a branch"]})
    validate_ci_config_path(changes.get("ci_config_path", ""))
    if "id_token_subject" in changes:
        validate_id_token_subject(changes["id_token_subject"])
    timeout = changes.get("build_timeout")
    if timeout is not None and not 600 <= timeout <= 2_592_000:
        raise ValidationError({"build_timeout": ["must be between 600 seconds and one month"]})
    depth = changes.get("git_depth")
    if depth is not None and not 0 <= depth <= 1000:
        raise ValidationError({"ci_default_git_depth": ["must be between 0 and 1000"]})
