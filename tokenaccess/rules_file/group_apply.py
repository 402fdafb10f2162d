"""Applies one change of a rules file to a group, by the services of group rules."""

from __future__ import annotations

from collections.abc import Mapping

from identity.models import User
from projects.models import Group, Project
from tokenaccess.allowlist import services
from tokenaccess.allowlist.permissions import permission_fields
from tokenaccess.allowlist.targets import TargetKey
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.rule_set import Change
from tokenaccess.rules_file.rule_terms import rule_terms

_SETTINGS = {"ceiling": "has_ceiling", "locked": "is_locked"}


def apply_to_group(group: Group, change: Change, targets: Mapping[TargetKey, Project | Group], by: User | None) -> None:
    rule = change.rule
    if rule is None:
        _apply_setting(group, change, by)
        return
    assert change.key is not None
    if change.verb == "remove":
        services.delete_group_entry(_entry(group, change.key), by=by)
    elif change.verb == "add":
        target, terms = targets[change.key], rule_terms(rule, group)
        services.add_group_entry(group, target, by=by, terms=terms, **permission_fields(rule.permissions))
    else:
        entry = _entry(group, change.key)
        if change.before.permissions != rule.permissions:
            services.set_entry_permissions(entry, by=by, **permission_fields(rule.permissions))
        services.set_terms(entry, rule_terms(rule, group), by=by)


def _apply_setting(group: Group, change: Change, by: User | None) -> None:
    if change.what == "mode":
        services.change_group_rule(group, by=by, inbound_mode=InboundMode[change.after.upper()])
    else:
        services.change_group_rule(group, by=by, **{_SETTINGS[change.what]: change.after})


def _entry(group: Group, key: TargetKey) -> GroupAllowlistEntry:
    kind, pk = key
    rows = GroupAllowlistEntry.objects.filter(group=group, **{f"target_{kind}": pk})
    return rows.select_related("group", "target_project", "target_group").get()
