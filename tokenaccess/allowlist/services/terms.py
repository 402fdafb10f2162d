"""What an allowlist entry is for, who answers for it, when it ends, and what it asks of jobs; suspend, restore, renew.

What lets in more (a later end, a condition less, a restored entry) takes the rights of adding it; all else the
Maintainer role on the list's own project.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypedDict

from django.db import transaction
from django.utils import timezone

from identity.models import User, today
from projects.models import Project
from projects.roles.roles import role_of
from tokenaccess.allowlist import editing_rights, group_lock
from tokenaccess.allowlist.services import audit_log
from tokenaccess.allowlist.services.locking import lock
from tokenaccess.allowlist.targets import find_target
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry, Direction, InstanceSettings
from tokenaccess.models.list_entry import MAX_REASON_LENGTH
from tokenaccess.policy.conditions import BadCondition, Conditions, conditions_of
from tokenaccess.policy.levels import Role

RENEWAL_DAYS = 90
ENTRY_GONE = "The entry is no longer on the list"


class Terms(TypedDict, total=False):
    """What is left out stays as it is. `conditions`: as `Conditions.parse` takes them."""

    reason: str
    owner: User | None
    expires_at: date | None
    conditions: Mapping[str, Any]


def check_terms(project: Project, direction: str, terms: Terms, stored: AllowlistEntry | None = None) -> dict[str, Any]:
    """The values as they are stored, those only that differ from `stored`. Raises TokenAccessError."""
    values: dict[str, Any] = {**terms}
    if "conditions" in terms:
        values["conditions"] = _parse_conditions(direction, terms["conditions"])
    if "reason" in terms:
        values["reason"] = terms["reason"].replace("\r\n", "\n").strip()
    if stored is not None:
        values = {name: value for name, value in values.items() if getattr(stored, name) != value}
    if len(values.get("reason", "")) > MAX_REASON_LENGTH:
        raise _invalid(f"reason is too long (maximum is {MAX_REASON_LENGTH} characters)")
    owner, end = values.get("owner"), values.get("expires_at")
    if owner is not None and (not owner.is_active or role_of(owner, project) < Role.GUEST):
        raise _invalid("owner is not a member of the project")
    if end is not None and end <= today():
        raise _invalid("expires_at must be a day to come")
    return values


@transaction.atomic
def set_terms(entry: AllowlistEntry, terms: Terms, *, by: User | None) -> AllowlistEntry:
    """Raises TokenAccessError; then nothing has changed."""
    entry = _lock_entry(entry, by)
    values = check_terms(entry.project, entry.direction, terms, entry)
    if _widens(entry, values):
        _require_can_add(entry, by)
    if values:
        _save(entry, values)
        audit_log.record_terms_changed(entry, by, values)
    return entry


@transaction.atomic
def renew_entry(entry: AllowlistEntry, *, by: User | None, expires_at: date | None = None) -> AllowlistEntry:
    """Let it end on another day, RENEWAL_DAYS from today unless one is given, and restore it if it is suspended."""
    entry = _lock_entry(entry, by)
    _require_can_add(entry, by)
    end = expires_at or today() + timedelta(days=RENEWAL_DAYS)
    check_terms(entry.project, entry.direction, {"expires_at": end})
    _save(entry, {"expires_at": end, **_restored()})
    audit_log.record_lapse(entry, by, "renewed", f"was renewed until {end}")
    return entry


@transaction.atomic
def suspend_entry(entry: AllowlistEntry, *, by: User | None) -> AllowlistEntry:
    """It stays on the list and admits nobody. Nothing happens to one that is suspended."""
    entry = _lock_entry(entry, by)
    if entry.suspended_at is None:
        _save(entry, {"suspended_at": timezone.now(), "suspended_by": by})
        audit_log.record_lapse(entry, by, "suspended", "was suspended")
    return entry


@transaction.atomic
def restore_entry(entry: AllowlistEntry, *, by: User | None) -> AllowlistEntry:
    """The end of a suspension. Whether it has expired is left as it is."""
    entry = _lock_entry(entry, by)
    if entry.suspended_at is not None:
        _require_can_add(entry, by)
        _save(entry, _restored())
        audit_log.record_lapse(entry, by, "restored", "was restored")
    return entry


@transaction.atomic
def confirm_entry(entry: AllowlistEntry, *, by: User | None) -> AllowlistEntry:
    """Somebody says that it is still needed: the days without use are counted from now on."""
    entry = _lock_entry(entry, by)
    _save(entry, {"confirmed_at": timezone.now()})
    audit_log.record_lapse(entry, by, "confirmed", "was confirmed as needed")
    return entry


def _restored() -> dict[str, Any]:
    return {"suspended_at": None, "suspended_by": None, "confirmed_at": timezone.now()}


def _lock_entry(entry: AllowlistEntry, by: User | None) -> AllowlistEntry:
    """As it is now."""
    editing_rights.require_maintainer(by, entry.project)
    lock(entry.project)
    rows = AllowlistEntry.objects.select_related("project", "target_project__group", "target_group", "owner")
    found = rows.filter(pk=entry.pk, project=entry.project_id).first()
    if found is None:
        raise TokenAccessError(ENTRY_GONE, ErrorCode.NOT_LISTED)
    return found


def _widens(entry: AllowlistEntry, values: Mapping[str, Any]) -> bool:
    """Whether jobs would be admitted that are not now, or for longer."""
    if "expires_at" in values:
        end, was = values["expires_at"], entry.expires_at
        if was is not None and (end is None or end > was):
            return True
    if "conditions" not in values:
        return False
    wanted = Conditions.parse(values["conditions"])
    return not all(wanted.covers(asked) for asked in conditions_of(entry.conditions))


def _require_can_add(entry: AllowlistEntry, by: User | None) -> None:
    editing_rights.require_can_add(find_target(by, entry.target), InstanceSettings.current())
    if entry.direction == Direction.INBOUND:
        group_lock.require_may_open(entry.project, by)


def _save(entry: AllowlistEntry, values: Mapping[str, Any]) -> None:
    """One that somebody changed by hand is no longer removed with the auto-added ones."""
    for name, value in values.items():
        setattr(entry, name, value)
    entry.autopopulated = False
    entry.save(update_fields=[*values, "autopopulated"])


def _parse_conditions(direction: str, given: Mapping[str, Any]) -> dict[str, Any]:
    if given and direction == Direction.OUTBOUND:
        raise _invalid("conditions are for inbound entries")
    try:
        return Conditions.parse(given).as_json()
    except BadCondition as error:
        raise _invalid(error.sentence) from error


def _invalid(message: str) -> TokenAccessError:
    return TokenAccessError(message, ErrorCode.INVALID)
