"""Finds the entry that a request names by what it lists."""

from __future__ import annotations

from typing import Any

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.targets import TargetName, find_target
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, Direction, GroupAllowlistEntry

NOT_LISTED = "Target {} is not in the job token scope"


def entries_of(holder: Project | Group) -> Any:
    """All on its lists."""
    if isinstance(holder, Group):
        return GroupAllowlistEntry.objects.filter(group=holder)
    return AllowlistEntry.objects.filter(project=holder)


def inbound_entries(holder: Project | Group) -> Any:
    """Those that admit jobs there."""
    return entries_of(holder) if isinstance(holder, Group) else entries_of(holder).inbound()


def entry_that_names(holder: Project | Group, target: TargetName, direction: str) -> Any:
    """On the list of a project or group, also if nobody may see the target; None if there is none. A group's list has
    one direction."""
    rows = entries_of(holder).select_related("target_project__group", "target_group", "owner", "added_by")
    if isinstance(holder, Project):
        rows = rows.filter(direction=direction)
    for kind in target.kinds:
        found = rows.for_target(kind, target.id_or_path).first()
        if found is not None:
            setattr(found, str(holder.kind), holder)
            return found
    return None


def find_entry(
    holder: Project | Group, target: TargetName, *, by: User | None, direction: str = Direction.INBOUND
) -> AllowlistEntry | GroupAllowlistEntry:
    """Raises TokenAccessError: absent and hidden targets are one error."""
    if isinstance(holder, Group) and direction != Direction.INBOUND:
        raise TokenAccessError("There is no such direction", ErrorCode.INVALID)
    found: AllowlistEntry | GroupAllowlistEntry | None = entry_that_names(holder, target, direction)
    if found is None:
        absent = find_target(by, target).target
        raise TokenAccessError(NOT_LISTED.format(absent.kind), ErrorCode.NOT_LISTED)
    return found
