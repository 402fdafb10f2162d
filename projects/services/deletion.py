"""Deleting projects in two steps: gone for everyone at once, and removed by the housekeeping."""

from __future__ import annotations

from itertools import count

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.extensions.fixed_paths import reason_to_stay
from projects.models import Group, Project
from projects.repository import Repository
from projects.roles import effective_roles
from projects.services.names import is_taken


@transaction.atomic
def mark_for_deletion(project: Project, *, by: User) -> None:
    """Nobody finds it from this moment, its jobs' tokens are dead, and its path is free unless something still goes by
    it. Nothing where another has deleted it, or a group above it, meanwhile."""
    group = Group.objects.filter(pk=project.group_id).first()
    if group is None:
        return
    effective_roles.lock_tree(group)
    if not Project.objects.alive().filter(pk=project.pk, group=group).exists():
        return
    audit.record(
        "project_deleted", f"Project {project.full_path} was deleted", by=by, on=project, path=project.full_path
    )
    project.former_paths.all().delete()
    project.pending_deletion = True
    if not reason_to_stay(Project.objects.filter(pk=project.pk)):
        project.path = _free_path(project)
        project.full_path = f"{project.group.full_path}/{project.path}"
    project.save(update_fields=["pending_deletion", "path", "full_path"])


def _free_path(project: Project) -> str:
    """What anybody may have taken already is no reason for the project to stay."""
    names = (f"deleted-{project.pk}{'-' * bool(number)}{number or ''}" for number in count())
    return next(name for name in names if not is_taken(f"{project.group.full_path}/{name}"))


@transaction.atomic
def remove_project(project: Project) -> None:
    """Its rows, its tokens, its entries in others' lists, its repository."""
    repository = Repository(project.repository_path)
    project.delete()
    transaction.on_commit(repository.remove)


def remove_marked_projects() -> int:
    """And the groups that were there for them alone (projects.services.group_deletion). Returns how many projects."""
    marked = list(Project.objects.filter(pending_deletion=True))
    for project in marked:
        remove_project(project)
    Group.objects.filter(pending_deletion=True, projects=None).delete()
    return len(marked)
