"""Applies one change of a rules file to a group, by the services of group rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist import services
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.document import EntryRule
from tokenaccess.rules_file.rule_set import Change, Key

_SETTINGS = {"ceiling": "has_ceiling", "locked": "is_locked"}


def apply_to_group(group: Group, change: Change, targets: Mapping[Key, Project | Group], by: User | None) -> None:
    """An entry whose reason or end changes is removed and added: no service changes those."""
    rule = change.rule
    if rule is None:
        _apply_setting(group, change, by)
        return
    assert change.key is not None
    if change.verb == "change" and dict(change.before.terms) == dict(rule.terms):
        services.change_group_entry(_entry(group, change.key), by=by, **granted(rule))
        return
    if change.verb != "add":
        services.delete_group_entry(_entry(group, change.key), by=by)
    if change.verb != "remove":
        end = rule.terms.get("expires_at")
        services.add_group_entry(
            group, targets[change.key], by=by, reason=rule.terms.get("reason", ""),
            expires_at=None if end is None else date.fromisoformat(end), **granted(rule),
        )  # fmt: skip


def granted(rule: EntryRule) -> dict[str, Any]:
    return {"default_permissions": rule.permissions is None, "permissions": rule.permissions or ()}


def _apply_setting(group: Group, change: Change, by: User | None) -> None:
    if change.what == "mode":
        services.change_group_rule(group, by=by, inbound_mode=InboundMode[change.after.upper()])
    else:
        services.change_group_rule(group, by=by, **{_SETTINGS[change.what]: change.after})


def _entry(group: Group, key: Key) -> GroupAllowlistEntry:
    kind, pk = key
    rows = GroupAllowlistEntry.objects.filter(group=group, **{f"target_{kind}": pk})
    return rows.select_related("group", "target_project", "target_group").get()
