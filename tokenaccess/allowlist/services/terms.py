"""What an allowlist entry is for, who answers for it, when it ends, and what it asks of jobs; suspend, restore, renew.

What lets in more (a later end, a condition less, a restored entry) takes the rights of adding it; all else the
Maintainer role where the list is. The same for the lists of projects and of groups.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypedDict, TypeVar

from django.db import transaction
from django.utils import timezone

from identity.models import User, today
from projects.models import Group, Project
from projects.roles.roles import role_of
from text.hidden_characters import find_hidden
from tokenaccess.allowlist import editing_rights
from tokenaccess.allowlist.group_rules import group_lock
from tokenaccess.allowlist.owners import NOT_A_MEMBER
from tokenaccess.allowlist.services import audit_log
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, Direction, InstanceSettings
from tokenaccess.models.list_entry import MAX_REASON_LENGTH, ListEntry
from tokenaccess.policy.conditions import BadCondition, Conditions, conditions_of
from tokenaccess.policy.levels import Role

RENEWAL_DAYS = 90
ENTRY_GONE = "The entry is no longer on the list"

EntryT = TypeVar("EntryT", bound=ListEntry)


class Terms(TypedDict, total=False):
    """What is left out stays as it is. `conditions`: as `Conditions.parse` takes them."""

    reason: str
    owner: User | None
    expires_at: date | None
    conditions: Mapping[str, Any]


def check_terms(
    holder: Project | Group, direction: str, terms: Terms, stored: ListEntry | None = None
) -> dict[str, Any]:
    """The values as they are stored: those only that differ from `stored`, of a new entry those that say something.
    Raises TokenAccessError."""
    values: dict[str, Any] = {**terms}
    if "conditions" in terms:
        values["conditions"] = _parse_conditions(direction, terms["conditions"]) if terms["conditions"] else {}
    if "reason" in terms:
        values["reason"] = terms["reason"].replace("\r\n", "\n").strip()
    values = {name: value for name, value in values.items() if (getattr(stored, name) != value if stored else value)}
    if len(values.get("reason", "")) > MAX_REASON_LENGTH:
        raise _invalid(f"reason is too long (maximum is {MAX_REASON_LENGTH} characters)")
    if hidden := find_hidden(values.get("reason", ""), lines=True):
        raise _invalid(f"reason must not contain the invisible character {hidden}")
    owner, end = values.get("owner"), values.get("expires_at")
    if owner is not None and (not owner.is_active or role_of(owner, holder) < Role.GUEST):
        raise _invalid(NOT_A_MEMBER.format(holder.kind))
    if end is not None and end <= today():
        raise _invalid("expires_at must be a day to come")
    return values


@transaction.atomic
def set_terms(entry: EntryT, terms: Terms, *, by: User | None) -> EntryT:
    """Raises TokenAccessError; then nothing has changed."""
    entry = lock_entry(entry, by)
    values = check_terms(entry.holder, entry.direction, terms, entry)
    if _widens(entry, values):
        require_can_widen(entry, by)
    if values:
        save_changes(entry, values)
        audit_log.record_terms_changed(entry, by, values)
    return entry


@transaction.atomic
def renew_entry(entry: EntryT, *, by: User | None, expires_at: date | None = None) -> EntryT:
    """Let it end on another day, RENEWAL_DAYS from today unless one is given, and restore it if it is suspended."""
    entry = lock_entry(entry, by)
    require_can_widen(entry, by)
    end = expires_at or today() + timedelta(days=RENEWAL_DAYS)
    check_terms(entry.holder, entry.direction, {"expires_at": end})
    save_changes(entry, {"expires_at": end, **_restored_fields()})
    audit_log.record_lapse(entry, by, "renewed", f"was renewed until {end}")
    return entry


@transaction.atomic
def suspend_entry(entry: EntryT, *, by: User | None) -> EntryT:
    """It stays on the list and admits nobody. Nothing happens to one that is suspended."""
    entry = lock_entry(entry, by)
    if entry.suspended_at is None:
        save_changes(entry, {"suspended_at": timezone.now(), "suspended_by": by})
        audit_log.record_lapse(entry, by, "suspended", "was suspended")
    return entry


@transaction.atomic
def restore_entry(entry: EntryT, *, by: User | None) -> EntryT:
    """The end of a suspension. Whether it has expired is left as it is."""
    entry = lock_entry(entry, by)
    if entry.suspended_at is not None:
        require_can_widen(entry, by)
        save_changes(entry, _restored_fields())
        audit_log.record_lapse(entry, by, "restored", "was restored")
    return entry


@transaction.atomic
def confirm_entry(entry: EntryT, *, by: User | None) -> EntryT:
    """Somebody says that it is still needed: the days without use are counted from now on."""
    entry = lock_entry(entry, by)
    save_changes(entry, {"confirmed_at": timezone.now()})
    audit_log.record_lapse(entry, by, "confirmed", "was confirmed as needed")
    return entry


def _restored_fields() -> dict[str, Any]:
    return {"suspended_at": None, "suspended_by": None, "confirmed_at": timezone.now()}


def lock_entry(entry: EntryT, by: User | None) -> EntryT:
    """As it is now."""
    editing_rights.require_maintainer(by, entry.holder)
    lock_holder(entry.holder)
    holder = type(entry).holder_field
    rows = type(entry)._default_manager.select_related(holder, "target_project__group", "target_group", "owner")
    found = rows.filter(pk=entry.pk, **{holder: entry.holder}).first()
    if found is None:
        raise TokenAccessError(ENTRY_GONE, ErrorCode.NOT_LISTED)
    return found


def _widens(entry: ListEntry, values: Mapping[str, Any]) -> bool:
    """Whether jobs would be admitted that are not now, or for longer."""
    if "expires_at" in values:
        end, was = values["expires_at"], entry.expires_at
        if was is not None and (end is None or end > was):
            return True
    if "conditions" not in values:
        return False
    wanted = Conditions.parse(values["conditions"])
    return not all(wanted.covers(asked) for asked in conditions_of(entry.conditions))


def require_can_widen(entry: ListEntry, by: User | None) -> None:
    """The rights of adding it."""
    editing_rights.find_addable(by, entry.target, InstanceSettings.current())
    if entry.direction == Direction.INBOUND:
        group_lock.require_may_open(entry.holder, by)


def save_changes(entry: ListEntry, values: Mapping[str, Any]) -> None:
    """One that somebody changed by hand is no longer removed with the auto-added ones."""
    by_hand = {"autopopulated": False} if isinstance(entry, AllowlistEntry) else {}
    for name, value in {**values, **by_hand}.items():
        setattr(entry, name, value)
    entry.save(update_fields=[*values, *by_hand])


def _parse_conditions(direction: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if direction == Direction.OUTBOUND:
        raise _invalid("conditions are for inbound entries")
    try:
        return Conditions.parse(given).as_json()
    except BadCondition as error:
        raise _invalid(error.sentence) from error


def _invalid(message: str) -> TokenAccessError:
    return TokenAccessError(message, ErrorCode.INVALID)
