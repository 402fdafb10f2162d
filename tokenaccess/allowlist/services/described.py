"""An inbound entry of a project or group as it was, so that it can be added again or set back."""

from __future__ import annotations

from datetime import date
from typing import Any

from identity.models import User, today
from projects.models import Group, Project
from projects.roles.roles import role_of
from tokenaccess.allowlist.group_rules.inherited import AnyEntry
from tokenaccess.allowlist.services import audit_log
from tokenaccess.allowlist.services.any_list import add_to_list
from tokenaccess.allowlist.services.grants import set_entry_permissions
from tokenaccess.allowlist.services.terms import (
    Terms,
    lock_entry,
    restore_entry,
    save_changes,
    set_terms,
    suspend_entry,
)
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

Described = dict[str, Any]


def describe_entry(entry: AnyEntry) -> Described:
    """As JSON. `id`: of its target."""
    return {
        "kind": str(entry.kind),
        "id": entry.target_id,
        "default_permissions": entry.default_permissions,
        "permissions": entry.permissions,
        "reason": entry.reason,
        "owner": entry.owner_id,
        "expires_at": None if entry.expires_at is None else entry.expires_at.isoformat(),
        "conditions": entry.conditions,
        "suspended": entry.suspended_at is not None,
        "autopopulated": isinstance(entry, AllowlistEntry) and entry.autopopulated,
    }


def find_described(old: Described) -> Project | Group | None:
    """What the entry named; None if it is gone."""
    rows: Any = (Group if old["kind"] == "group" else Project).objects.alive()
    found: Project | Group | None = rows.filter(pk=old["id"]).first()
    return found


def end_of(old: Described) -> date | None:
    return None if old["expires_at"] is None else date.fromisoformat(old["expires_at"])


def add_again(holder: Project | Group, target: Project | Group, old: Described, by: User | None) -> None:
    """The entry for `target` as it was; without its owner if that is no member any more. Raises TokenAccessError."""
    end = end_of(old)
    terms: Terms = {"reason": old["reason"], "conditions": old["conditions"]}
    if end is not None and end > today():
        terms["expires_at"] = end
    owner = User.objects.filter(pk=old["owner"] or 0, is_active=True).first()
    if owner is not None and role_of(owner, holder) >= Role.GUEST:
        terms["owner"] = owner
    granted = {"default_permissions": old["default_permissions"], "permissions": old["permissions"]}
    entry = add_to_list(holder, target, by=by, terms=terms, **granted)
    _set_end(entry, end, by)
    if old.get("suspended"):
        suspend_entry(entry, by=by)
    _mark(entry, old)


def set_back(entry: AnyEntry, old: Described, by: User | None) -> None:
    """Permissions, end and suspension as they were. Raises TokenAccessError where that widens and `by` may not."""
    set_entry_permissions(
        entry, default_permissions=old["default_permissions"], permissions=old["permissions"], by=by
    )  # fmt: skip
    _set_end(entry, end_of(old), by)
    if old["suspended"]:
        suspend_entry(entry, by=by)
    else:
        restore_entry(entry, by=by)
    _mark(entry, old)


def _set_end(entry: AnyEntry, end: date | None, by: User | None) -> None:
    """Also to a day that is past, which nobody can choose: then it admits nobody, as before."""
    entry = lock_entry(entry, by)
    if end == entry.expires_at:
        return
    if end is None or end > today():
        set_terms(entry, {"expires_at": end}, by=by)
    else:
        save_changes(entry, {"expires_at": end})
        audit_log.record_terms_changed(entry, by, {"expires_at": end})


def _mark(entry: AnyEntry, old: Described) -> None:
    """What somebody changes counts as changed by hand; what is undone does not."""
    if isinstance(entry, AllowlistEntry):
        AllowlistEntry.objects.filter(pk=entry.pk).update(autopopulated=old.get("autopopulated", False))
