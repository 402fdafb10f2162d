"""Add and remove an inbound entry, whether its list is that of a project or of a group."""

from __future__ import annotations

from typing import Any

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.inherited import AnyEntry
from tokenaccess.allowlist.services.entries import add_entry, delete_entry
from tokenaccess.allowlist.services.group_rules import add_group_entry, delete_group_entry
from tokenaccess.models import GroupAllowlistEntry


def add_to_list(holder: Project | Group, target: Project | Group, *, by: User | None, **granted: Any) -> AnyEntry:
    """An inbound entry. Raises TokenAccessError."""
    if isinstance(holder, Group):
        return add_group_entry(holder, target, by=by, **granted)
    return add_entry(holder, target, by=by, **granted)


def delete_from_list(entry: AnyEntry, *, by: User | None) -> None:
    """Of whichever kind of list. Raises TokenAccessError."""
    if isinstance(entry, GroupAllowlistEntry):
        delete_group_entry(entry, by=by)
    else:
        delete_entry(entry, by=by)
