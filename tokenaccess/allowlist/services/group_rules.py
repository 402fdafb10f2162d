"""What a group sets for all projects below it: its rule, and its list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from audit import services as audit
from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.allowlist import editing_rights, group_lock
from tokenaccess.allowlist.permissions import validate, widens
from tokenaccess.allowlist.services.entries import ALREADY_LISTED, LIMIT_REACHED, Target
from tokenaccess.allowlist.services.locking import lock, lock_group
from tokenaccess.allowlist.targets import find_target
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import GroupAllowlistEntry, GroupRule, InstanceSettings
from tokenaccess.models.list_entry import MAX_REASON_LENGTH
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
    _require_editable(group, by)
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
    reason: str = "",
    expires_at: date | None = None,
) -> GroupAllowlistEntry:
    """Jobs of `target` (of a group: of all projects in it) may access every project below `group`.

    It takes Maintainer on both sides, as for an entry of a project. Raises TokenAccessError.
    """
    _require_editable(group, by)
    found = find_target(by, target)
    instance = InstanceSettings.current()
    editing_rights.require_can_add(found, instance)
    lock_group(group)
    if isinstance(found.target, Project):
        lock(found.target)
    group_lock.require_may_open(group, by)
    names = validate(permissions)
    if len(reason) > MAX_REASON_LENGTH:
        raise TokenAccessError(f"reason is longer than {MAX_REASON_LENGTH} characters", ErrorCode.INVALID)
    if expires_at is not None and expires_at <= today():
        raise TokenAccessError("expires_at must be a day to come", ErrorCode.INVALID)
    kind = found.target.kind
    listed = GroupAllowlistEntry.objects.filter(group=group).of_kind(kind)
    if listed.filter(**{f"target_{kind}": found.target}).exists():
        raise TokenAccessError(ALREADY_LISTED.format(kind), ErrorCode.ALREADY_LISTED)
    if listed.count() >= instance.allowlist_limit:
        raise TokenAccessError(LIMIT_REACHED[kind], ErrorCode.LIMIT_REACHED)
    GroupRule.objects.get_or_create(group=group)  # by which the check finds the list
    entry = GroupAllowlistEntry.objects.create(
        group=group,
        default_permissions=default_permissions,
        permissions=[] if default_permissions else names,
        added_by=by,
        reason=reason,
        expires_at=expires_at,
        **{f"target_{kind}": found.target},
    )
    _record_entry(entry, by, "added", "was added to")
    return entry


@transaction.atomic
def change_group_entry(
    entry: GroupAllowlistEntry, *, default_permissions: bool, permissions: Iterable[str], by: User | None
) -> GroupAllowlistEntry:
    """Its permissions. Widening requires Maintainer on both sides, narrowing only in the group."""
    _require_editable(entry.group, by)
    names = validate(permissions)
    lock_group(entry.group)
    entry = GroupAllowlistEntry.objects.select_related("group", "target_project", "target_group").get(pk=entry.pk)
    if widens(entry, default_permissions, names):
        editing_rights.require_can_add(find_target(by, entry.target), InstanceSettings.current())
        group_lock.require_may_open(entry.group, by)
    granted = [] if default_permissions else names
    if (entry.default_permissions, entry.permissions) != (default_permissions, granted):
        entry.default_permissions, entry.permissions = default_permissions, granted
        entry.save(update_fields=["default_permissions", "permissions"])
        _record_entry(entry, by, "updated", "has other permissions in")
    return entry


@transaction.atomic
def delete_group_entry(entry: GroupAllowlistEntry, *, by: User | None) -> None:
    """Also if `by` may not see its target. Does nothing if it has been removed already."""
    _require_editable(entry.group, by)
    lock_group(entry.group)
    if GroupAllowlistEntry.objects.filter(pk=entry.pk).exists():
        _record_entry(entry, by, "removed", "was removed from")
        GroupAllowlistEntry.objects.filter(pk=entry.pk).delete()


def _require_editable(group: Group, by: User | None) -> None:
    if group.person_id is not None:
        raise TokenAccessError("A personal namespace sets no rules", ErrorCode.INVALID)
    if not editing_rights.is_maintainer(by, group):
        raise TokenAccessError(editing_rights.INSUFFICIENT_PERMISSIONS, ErrorCode.FORBIDDEN)


def _word(value: object) -> object:
    return value.name.lower() if isinstance(value, InboundMode) else value


def _record_rule(group: Group, by: User | None, changes: dict[str, object]) -> None:
    summary = ", ".join(f"{name}: {str(value).lower()}" for name, value in sorted(changes.items()))
    message = f"Group rule of job token access changed: {summary}"
    audit.record("secure_ci_job_token_group_rule_updated", message, by=by, on=group, path=group.full_path, **changes)


def _record_entry(entry: GroupAllowlistEntry, by: User | None, word: str, verb: str) -> None:
    target, group = entry.target, entry.group
    policies = "" if entry.default_permissions else f", with job token policies: {', '.join(entry.permissions)}"
    what = f"{target.kind.capitalize()} {target.full_path} {verb}"
    audit.record(
        f"secure_ci_job_token_group_list_{target.kind}_{word}",
        f"{what} the list for all projects of {group.full_path}{policies}",
        by=by,
        on=group,
        path=group.full_path,
        kind=target.kind,
        target_id=target.pk,
        target=target.full_path,
        default_permissions=entry.default_permissions,
        permissions=entry.permissions,
    )
