"""Add, change and remove allowlist entries.

A target is given as the object, or by the name that a request uses for it (`TargetName`).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Count, Q

from identity.models import User
from projects.models import Group, Project
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.find_entry import NOT_LISTED, entry_that_names
from tokenaccess.allowlist.group_rules import group_lock
from tokenaccess.allowlist.permissions import validate
from tokenaccess.allowlist.services import audit_log
from tokenaccess.allowlist.services.grants import NOT_INBOUND, grant
from tokenaccess.allowlist.services.locking import lock
from tokenaccess.allowlist.services.terms import Terms, check_terms
from tokenaccess.allowlist.targets import TargetName, find_target
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, Direction, InstanceSettings
from tokenaccess.policy.actions import TargetKind

TARGET_IS_SELF = "Validation failed: Target project can't be the same as the source project"
SELF_NOT_REMOVABLE = "Source project cannot be removed from the job token scope"
ALREADY_LISTED = "This {} is already in the job token allowlist."
LIMIT_REACHED = {
    TargetKind.PROJECT: (
        "Validation failed: Source project exceeds the allowable number of project links in this direction"
    ),
    TargetKind.GROUP: "Validation failed: Source project exceeds the allowable number of group links",
}
NO_ENTRY = "Unable to find a job token scope for the given project & target"

Target = Project | Group | TargetName


@transaction.atomic
def add_entry(
    project: Project,
    target: Target,
    *,
    by: User | None,
    direction: str = Direction.INBOUND,
    default_permissions: bool = True,
    permissions: Iterable[str] = (),
    terms: Terms | None = None,
) -> AllowlistEntry:
    """Inbound: jobs of `target` (of a group: of all projects in it) may access `project`. Outbound: jobs of `project`
    may access the project `target`; that takes neither permissions nor conditions."""
    editing_rights.require_maintainer(by, project)
    if direction == Direction.OUTBOUND and not default_permissions:
        raise TokenAccessError(NOT_INBOUND, ErrorCode.INVALID)
    instance = InstanceSettings.current()
    found = editing_rights.find_addable(by, target, instance)
    if found == project:
        raise TokenAccessError(TARGET_IS_SELF, ErrorCode.SELF)
    lock(project, found)
    if direction == Direction.INBOUND:
        group_lock.require_may_open(project, by)
    names = validate(permissions) if permissions else []
    if direction not in Direction.values or (found.kind is TargetKind.GROUP and direction == Direction.OUTBOUND):
        raise TokenAccessError("There is no such direction", ErrorCode.INVALID)
    said = check_terms(project, direction, terms) if terms and any(terms.values()) else {}
    _require_room(project, direction, found, instance)
    entry = AllowlistEntry.objects.create(
        project=project,
        direction=direction,
        default_permissions=default_permissions,
        permissions=[] if default_permissions else names,
        added_by=by,
        **said,
        **{f"target_{found.kind}": found},
    )
    audit_log.record_membership(entry, by, "added")
    if said:
        audit_log.record_terms_changed(entry, by, said)
    return entry


@transaction.atomic
def set_permissions(
    project: Project, target: Target, *, default_permissions: bool, permissions: Iterable[str], by: User | None
) -> AllowlistEntry:
    """Change an inbound entry. Widening requires Maintainer on both sides, narrowing only on `project`."""
    editing_rights.require_maintainer(by, project)
    names = validate(permissions)
    lock(project)
    entry = _find_entry(project, target, Direction.INBOUND)
    if entry is None:
        find_target(by, target)
        raise TokenAccessError(NO_ENTRY, ErrorCode.NOT_LISTED)
    return grant(entry, default_permissions, names, by)


@transaction.atomic
def remove_entry(
    project: Project, target: Target, *, by: User | None, direction: str = Direction.INBOUND
) -> AllowlistEntry:
    """Remove `target` from the list, also if `by` may not see it; returns the entry as it was. Raises TokenAccessError,
    also where a group's lock forbids that others admit more in its place."""
    editing_rights.require_maintainer(by, project)
    lock(project)
    entry = _find_entry(project, target, direction)
    if entry is None:
        absent = find_target(by, target).target
        if absent == project:
            raise TokenAccessError(SELF_NOT_REMOVABLE, ErrorCode.SELF)
        raise TokenAccessError(NOT_LISTED.format(absent.kind), ErrorCode.NOT_LISTED)
    _delete(entry, by)
    return entry


@transaction.atomic
def delete_entry(entry: AllowlistEntry, *, by: User | None) -> None:
    """As `remove_entry`. Does nothing if the entry has been removed already."""
    editing_rights.require_maintainer(by, entry.project)
    lock(entry.project)
    if AllowlistEntry.objects.filter(pk=entry.pk).exists():
        _delete(entry, by)


def _find_entry(project: Project, target: Target, direction: str) -> AllowlistEntry | None:
    name = target if isinstance(target, TargetName) else TargetName(IdOrPath("id", target.pk), target.kind)
    found: AllowlistEntry | None = entry_that_names(project, name, direction)
    return found


def _require_room(project: Project, direction: str, target: Project | Group, instance: InstanceSettings) -> None:
    """The project is locked, so this stays true until the entry is stored."""
    kind = target.kind
    entries = AllowlistEntry.objects.filter(project=project, direction=direction)
    known = Count(f"target_{kind}", filter=Q(**{f"target_{kind}": target}))
    found = entries.aggregate(known=known, listed=Count(f"target_{kind}"))
    if found["known"]:
        raise TokenAccessError(ALREADY_LISTED.format(kind), ErrorCode.ALREADY_LISTED)
    if found["listed"] >= instance.allowlist_limit:
        raise TokenAccessError(LIMIT_REACHED[kind], ErrorCode.LIMIT_REACHED)


def _delete(entry: AllowlistEntry, by: User | None) -> None:
    if entry.direction == Direction.INBOUND:
        group_lock.require_may_remove([entry], by)
    audit_log.record_membership(entry, by, "removed")
    pk = entry.pk
    entry.delete()
    entry.pk = pk  # so that callers can still show the entry
