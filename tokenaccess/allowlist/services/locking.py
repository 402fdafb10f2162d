"""Serialize changes of an allowlist, and have its targets stay until they are made."""

from __future__ import annotations

from django.db import connection

from projects.models import Group, Project
from projects.roles.group_lock import keep_groups
from tokenaccess.allowlist.targets import target_not_found
from tokenaccess.policy.actions import TargetKind


def lock(project: Project, *targets: Project | Group) -> None:
    """Wait for other changes of the lists of this project, and block them until the transaction ends; neither the
    targets that it is to name nor any group are removed until then.

    Concurrent requests can then neither add the same project twice nor exceed the limit. SQLite serializes writers
    anyway. A transaction changes the lists of one project or group, and locks no other's: so that two whose lists are
    to name each other need not wait for each other. Raises TokenAccessError if one has been deleted.
    """
    keep_groups()
    if not Project.objects.alive().filter(pk=project.pk).select_for_update(no_key=True).values_list("pk"):
        raise target_not_found(TargetKind.PROJECT)
    _keep_targets(*targets)


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
    _keep_targets(*targets)


def _keep_targets(*targets: Project | Group) -> None:
    """The projects; of the groups, which `keep_groups` keeps, it is enough that they are there."""
    projects = {target.pk for target in targets if isinstance(target, Project)}
    groups = {target.pk for target in targets if isinstance(target, Group)}
    if projects:
        rows = Project.objects.alive().filter(pk__in=projects).order_by().values_list("pk")
        sql, params = rows.query.sql_with_params()
        # PostgreSQL locks them as the foreign keys of the entries are going to, which bars their removal and nothing
        # else; Django's `select_for_update` has no word for it.
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} FOR KEY SHARE" if connection.vendor == "postgresql" else sql, params)
            if len(cursor.fetchall()) < len(projects):
                raise target_not_found(TargetKind.PROJECT)
    if groups and Group.objects.alive().filter(pk__in=groups).count() < len(groups):
        raise target_not_found(TargetKind.GROUP)
