"""Finds the entry that a request names by what it lists."""

from __future__ import annotations

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.services.entries import NOT_LISTED
from tokenaccess.allowlist.services.reviews import entries_of
from tokenaccess.allowlist.targets import TargetName, find_target
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, Direction, GroupAllowlistEntry


def find_entry(
    holder: Project | Group, target: TargetName, *, by: User | None, direction: str = Direction.INBOUND
) -> AllowlistEntry | GroupAllowlistEntry:
    """On the list of a project or group. Raises TokenAccessError: absent and hidden targets are one error."""
    rows = entries_of(holder)
    if isinstance(holder, Project):
        rows = rows.filter(direction=direction)
    elif direction != Direction.INBOUND:
        raise TokenAccessError("There is no such direction", ErrorCode.INVALID)
    related = (str(holder.kind), "target_project__group", "target_group", "owner", "added_by")
    for kind in target.kinds:
        found: AllowlistEntry | GroupAllowlistEntry | None = (
            rows.for_target(kind, target.id_or_path).select_related(*related).first()
        )
        if found is not None:
            return found
    absent = find_target(by, target).target
    raise TokenAccessError(NOT_LISTED.format(absent.kind), ErrorCode.NOT_LISTED)
