"""Serialize changes of an allowlist, and have its targets stay until they are made."""

from __future__ import annotations

from projects.models import Group, Project
from projects.roles.group_lock import keep_groups
from tokenaccess.allowlist.targets import target_not_found
from tokenaccess.policy.actions import TargetKind


def lock(project: Project, *targets: Project | Group) -> None:
    """Wait for other changes of the lists of this project and of the projects it is to name, and block them until the
    transaction ends; no group is deleted until then.

    Concurrent requests can then neither add the same project twice nor exceed the limit. PostgreSQL locks the rows,
    always in the same order; SQLite serializes writers anyway. Raises TokenAccessError if one has been deleted.
    """
    keep_groups()
    _lock_places(project, *targets)


def lock_holder(holder: Project | Group, *targets: Project | Group) -> None:
    """As `lock`, for the list of a project or group."""
    if isinstance(holder, Group):
        lock_group(holder, *targets)
    else:
        lock(holder, *targets)


def lock_group(group: Group, *targets: Project | Group) -> None:
    """As `lock`, for the rule and the list of a group."""
    keep_groups()
    if not Group.objects.filter(pk=group.pk).select_for_update(no_key=True).values_list("pk"):
        raise target_not_found(TargetKind.GROUP)
    _lock_places(*targets)


def _lock_places(*places: Project | Group) -> None:
    """The projects; of the groups, which `keep_groups` keeps, it is enough that they are there."""
    projects = {place.pk for place in places if isinstance(place, Project)}
    groups = {place.pk for place in places if isinstance(place, Group)}
    rows = Project.objects.alive().filter(pk__in=projects).order_by("pk")
    if projects and len(rows.select_for_update(no_key=True).values_list("pk")) < len(projects):
        raise target_not_found(TargetKind.PROJECT)
    if groups and Group.objects.alive().filter(pk__in=groups).count() < len(groups):
        raise target_not_found(TargetKind.GROUP)
