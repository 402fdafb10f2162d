"""Entries of the allowlists: adding, narrowing and widening, removing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from identity.models import User
from projects.models import Group, Project
from tokenaccess import editors
from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.models import AllowlistEntry, Direction, InstanceSettings
from tokenaccess.permissions import checked, widens
from tokenaccess.services import telling
from tokenaccess.services.locking import lock

OWN = "Validation failed: Target project can't be the same as the source project"
OWN_STAYS = "Source project cannot be removed from the job token scope"
LISTED = "This {} is already in the job token allowlist."
NOT_LISTED = "Target {} is not in the job token scope"
FULL = {
    "project": "Validation failed: Source project exceeds the allowable number of project links in this direction",
    "group": "Validation failed: Source project exceeds the allowable number of group links",
}
NO_ENTRY = "Unable to find a job token scope for the given project & target"


@transaction.atomic
def admit_project(
    project: Project,
    *,
    target: Project,
    by: User | None,
    direction: str = Direction.INBOUND,
    default_permissions: bool = True,
    permissions: Iterable[str] = (),
) -> AllowlistEntry:
    """Lists `target`: inbound its jobs may come in; outbound the jobs of `project` may reach it, and permissions mean
    nothing."""
    if target.pk == project.pk:
        editors.require_own(by, project)
        raise TokenAccessError(OWN, Code.OWN)
    editors.require_both(by, project, target)
    lock(project, target)
    wanted = _wanted(direction, default_permissions, permissions)
    return _add(AllowlistEntry(project=project, target_project=target, added_by=by, **wanted), by)


@transaction.atomic
def admit_group(
    project: Project,
    *,
    target: Group,
    by: User | None,
    default_permissions: bool = True,
    permissions: Iterable[str] = (),
) -> AllowlistEntry:
    """Lists `target`: jobs of every project in the group, and in the groups below it, may come in."""
    editors.require_own(by, project)
    if target.person_id is not None:  # a person's own namespace is no group
        raise editors.hidden("group")
    editors.require_both(by, project, target)
    lock(project)
    wanted = _wanted(Direction.INBOUND, default_permissions, permissions)
    return _add(AllowlistEntry(project=project, target_group=target, added_by=by, **wanted), by)


@transaction.atomic
def set_permissions(
    project: Project, *, target: Project | Group, default_permissions: bool, permissions: Iterable[str], by: User | None
) -> AllowlistEntry:
    """What the jobs of an inbound entry may do. Widening takes a maintainer of both sides, narrowing one of
    `project`."""
    editors.require_own(by, project)
    names = checked(permissions)
    lock(project)
    entry = find(project, target)
    if entry is None:
        raise _not_there(NO_ENTRY, target, by)
    if widens(entry, default_permissions, names):
        editors.require_both(by, project, target)
    granted = [] if default_permissions else names
    if (entry.default_permissions, entry.permissions) != (default_permissions, granted):
        entry.default_permissions, entry.permissions = default_permissions, granted
        # What a person has changed by hand is no longer the log's.
        entry.autopopulated = False
        entry.save(update_fields=["default_permissions", "permissions", "autopopulated"])
        telling.permissions_changed(entry, by)
    return entry


@transaction.atomic
def remove_project(
    project: Project, *, target: Project, by: User | None, direction: str = Direction.INBOUND
) -> AllowlistEntry:
    """Takes `target` off the list and hands back what was the entry."""
    editors.require_own(by, project)
    if target.pk == project.pk:
        raise TokenAccessError(OWN_STAYS, Code.OWN)
    return _remove_listed(project, target, direction, by)


@transaction.atomic
def remove_group(project: Project, *, target: Group, by: User | None) -> AllowlistEntry:
    """Takes `target` off the list and hands back what was the entry."""
    editors.require_own(by, project)
    return _remove_listed(project, target, Direction.INBOUND, by)


@transaction.atomic
def remove_entry(entry: AllowlistEntry, *, by: User | None) -> None:
    """Also for an entry whose target `by` may not see. One that is gone already is left alone."""
    editors.require_own(by, entry.project)
    lock(entry.project)
    if AllowlistEntry.objects.filter(pk=entry.pk).exists():
        _delete(entry, by)


def find(project: Project, target: Project | Group, direction: str = Direction.INBOUND) -> AllowlistEntry | None:
    named: dict[str, Any] = {"target_project" if isinstance(target, Project) else "target_group": target}
    return AllowlistEntry.objects.filter(project=project, direction=direction, **named).first()


def _wanted(direction: str, default_permissions: bool, permissions: Iterable[str]) -> dict[str, Any]:
    names = checked(permissions)
    if direction not in Direction.values:
        raise TokenAccessError("There is no such direction", Code.INVALID)
    default = default_permissions or direction == Direction.OUTBOUND
    return {"direction": direction, "default_permissions": default, "permissions": [] if default else names}


def _add(entry: AllowlistEntry, by: User | None) -> AllowlistEntry:
    """The project is locked: what is checked here stays true until the entry is in."""
    kind = telling.kind_of(entry)
    if find(entry.project, entry.target, entry.direction) is not None:
        raise TokenAccessError(LISTED.format(kind), Code.LISTED)
    listed = AllowlistEntry.objects.filter(project=entry.project, direction=entry.direction)
    same = listed.projects() if kind == "project" else listed.groups()
    if same.count() >= InstanceSettings.current().allowlist_limit:
        raise TokenAccessError(FULL[kind], Code.FULL)
    entry.save(force_insert=True)
    telling.added(entry, by)
    return entry


def _remove_listed(project: Project, target: Project | Group, direction: str, by: User | None) -> AllowlistEntry:
    kind = "project" if isinstance(target, Project) else "group"
    lock(project)
    entry = find(project, target, direction)
    if entry is None:
        raise _not_there(NOT_LISTED.format(kind), target, by)
    _delete(entry, by)
    return entry


def _not_there(message: str, target: Project | Group, by: User | None) -> TokenAccessError:
    """Whether something hidden is listed is the project's own affair; that it exists is not."""
    if editors.sees(by, target):
        return TokenAccessError(message, Code.NOT_LISTED)
    return editors.hidden("project" if isinstance(target, Project) else "group")


def _delete(entry: AllowlistEntry, by: User | None) -> None:
    telling.removed(entry, by)
    pk = entry.pk
    entry.delete()
    entry.pk = pk  # for whoever shows what was removed
