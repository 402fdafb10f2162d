"""Serialize changes of an allowlist."""

from __future__ import annotations

from projects.models import Group, Project
from tokenaccess.allowlist.targets import target_not_found
from tokenaccess.policy.actions import TargetKind


def lock(*projects: Project) -> None:
    """Wait for other changes of these projects' lists and block them until the transaction ends.

    Concurrent requests can then neither add the same project twice nor exceed the limit. PostgreSQL locks the rows,
    always in the same order; SQLite serializes writers anyway. Raises TokenAccessError if a project has been deleted.
    """
    wanted = {project.pk for project in projects}
    rows = Project.objects.alive().filter(pk__in=wanted).order_by("pk")
    if len(rows.select_for_update(no_key=True).values_list("pk")) < len(wanted):
        raise target_not_found(TargetKind.PROJECT)


def lock_holder(holder: Project | Group) -> None:
    """As `lock`, for the list of a project or group."""
    if isinstance(holder, Group):
        lock_group(holder)
    else:
        lock(holder)


def lock_group(group: Group) -> None:
    """As `lock`, for the rule and the list of a group."""
    if not Group.objects.filter(pk=group.pk).select_for_update(no_key=True).values_list("pk"):
        raise target_not_found(TargetKind.GROUP)
