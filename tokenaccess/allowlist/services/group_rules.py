"""What a group sets for all projects below it: its rule, and its list."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from audit import services as audit
from identity.models import User
from projects.models import Group
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.group_rules import group_lock
from tokenaccess.allowlist.permissions import validate
from tokenaccess.allowlist.services import audit_log
from tokenaccess.allowlist.services.entries import ALREADY_LISTED, LIMIT_REACHED, Target
from tokenaccess.allowlist.services.locking import lock_group
from tokenaccess.allowlist.services.terms import Terms, check_terms
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import Direction, GroupAllowlistEntry, GroupRule, InstanceSettings
from tokenaccess.policy.levels import InboundMode


def rule_of(group: Group) -> GroupRule:
    """The group's row, or an unsaved one that sets nothing."""
    return GroupRule.objects.filter(pk=group.pk).select_related("group").first() or GroupRule(group=group)


@transaction.atomic
def change_group_rule(
    group: Group,
    *,
    by: User | None,
    inbound_mode: InboundMode | None = None,
    has_ceiling: bool | None = None,
    is_locked: bool | None = None,
) -> GroupRule:
    """None leaves a setting unchanged. Raises TokenAccessError."""
    editing_rights.require_maintainer(by, group)
    lock_group(group)
    rule = rule_of(group)
    wanted = {"inbound_mode": inbound_mode, "has_ceiling": has_ceiling, "is_locked": is_locked}
    changes = {name: value for name, value in wanted.items() if value is not None and getattr(rule, name) != value}
    if inbound_mode is not None and "inbound_mode" in changes:
        group_lock.require_may_set_mode(group, inbound_mode, by)
    if changes.get("has_ceiling") is False or changes.get("is_locked") is False:
        group_lock.require_may_open(group, by)
    if changes:
        for name, value in changes.items():
            setattr(rule, name, value)
        rule.save()
        _record_rule(group, by, {name: _word(value) for name, value in changes.items()})
    return rule


@transaction.atomic
def add_group_entry(
    group: Group,
    target: Target,
    *,
    by: User | None,
    default_permissions: bool = True,
    permissions: Iterable[str] = (),
    terms: Terms | None = None,
) -> GroupAllowlistEntry:
    """Jobs of `target` (of a group: of all projects in it) may access every project below `group`.

    It takes Maintainer on both sides, as for an entry of a project. Raises TokenAccessError.
    """
    editing_rights.require_maintainer(by, group)
    instance = InstanceSettings.current()
    found = editing_rights.find_addable(by, target, instance)
    lock_group(group, found)
    group_lock.require_may_open(group, by)
    names = validate(permissions)
    said = check_terms(group, Direction.INBOUND, terms or {})
    kind = found.kind
    listed = GroupAllowlistEntry.objects.filter(group=group).of_kind(kind)
    if listed.filter(**{f"target_{kind}": found}).exists():
        raise TokenAccessError(ALREADY_LISTED.format(kind), ErrorCode.ALREADY_LISTED)
    if listed.count() >= instance.allowlist_limit:
        raise TokenAccessError(LIMIT_REACHED[kind], ErrorCode.LIMIT_REACHED)
    GroupRule.objects.get_or_create(group=group)  # by which the check finds the list
    entry = GroupAllowlistEntry.objects.create(
        group=group,
        default_permissions=default_permissions,
        permissions=[] if default_permissions else names,
        added_by=by,
        **said,
        **{f"target_{kind}": found},
    )
    audit_log.record_group_entry(entry, by, "added", "was added to")
    if said:
        audit_log.record_terms_changed(entry, by, said)
    return entry


@transaction.atomic
def delete_group_entry(entry: GroupAllowlistEntry, *, by: User | None) -> None:
    """Also if `by` may not see its target. Does nothing if it has been removed already."""
    editing_rights.require_maintainer(by, entry.group)
    lock_group(entry.group)
    if GroupAllowlistEntry.objects.filter(pk=entry.pk).exists():
        group_lock.require_may_remove([entry], by)
        audit_log.record_group_entry(entry, by, "removed", "was removed from")
        GroupAllowlistEntry.objects.filter(pk=entry.pk).delete()


def _word(value: object) -> object:
    return value.name.lower() if isinstance(value, InboundMode) else value


def _record_rule(group: Group, by: User | None, changes: dict[str, object]) -> None:
    summary = ", ".join(f"{name}: {str(value).lower()}" for name, value in sorted(changes.items()))
    message = f"Group rule of job token access changed: {summary}"
    audit.record("secure_ci_job_token_group_rule_updated", message, by=by, on=group, path=group.full_path, **changes)
