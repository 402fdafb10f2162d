"""Entries that nobody uses: since when, and what the housekeeping does about them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, F, Max, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from projects.models import Group
from tokenaccess.allowlist.services import suspend_entry
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import (
    AllowlistEntry,
    AuthorizationRecord,
    Direction,
    GroupAllowlistEntry,
    InstanceSettings,
)
from tokenaccess.models.list_entry import ListEntry

log = logging.getLogger(__name__)

MAX_SUSPENSIONS = 500  # of one pass


def with_last_use(entries: QuerySet[AllowlistEntry]) -> QuerySet[Any]:
    """Each with `last_used_at`, None for never, and `unused_since`: the last use, or when it was added, renewed,
    restored or confirmed if that is later."""
    into, out = {"accessed_project": OuterRef("project")}, {"origin_project": OuterRef("project")}
    direct = _last(origin_project=OuterRef("target_project"), **into)
    outbound = _last(accessed_project=OuterRef("target_project"), **out)
    below = _last(origin_project__group__ancestor_links__ancestor=OuterRef("target_group"), **into)
    return _with_uses(
        entries,
        When(direction=Direction.OUTBOUND, then=outbound),
        When(target_group__isnull=False, then=below),
        default=direct,
    )


def with_last_use_below(entries: QuerySet[GroupAllowlistEntry]) -> QuerySet[Any]:
    """Entries of a group's list, each with the same of any project below the group."""
    into = {"accessed_project__group__ancestor_links__ancestor": OuterRef("group")}
    direct = _last(origin_project=OuterRef("target_project"), **into)
    below = _last(origin_project__group__ancestor_links__ancestor=OuterRef("target_group"), **into)
    return _with_uses(entries, When(target_group__isnull=False, then=below), default=direct)


def _with_uses(entries: QuerySet[Any], *last: When, default: Subquery) -> QuerySet[Any]:
    rows = entries.annotate(last_used_at=Case(*last, default=default, output_field=DateTimeField()))
    later = Coalesce("confirmed_at", "created_at"), Coalesce("last_used_at", "created_at")
    return rows.annotate(unused_since=Greatest(F("created_at"), *later))


def _last(**between: Any) -> Subquery:
    rows = AuthorizationRecord.objects.filter(**between).order_by().annotate(one=F("accessed_project") * 0)
    return Subquery(rows.values("one").annotate(last=Max("last_authorized_at")).values("last"))


def fading_since(now: datetime | None = None, instance: InstanceSettings | None = None) -> datetime | None:
    """Entries unused since before that count as unused; None if the instance says that none does. `instance`: its
    settings, where they are read already."""
    days = (instance or InstanceSettings.current()).unused_entry_days
    return (now or timezone.now()) - timedelta(days=days) if days else None


def unused_days(entries: Iterable[ListEntry]) -> dict[int, int]:
    """Of entries of one list, those that count as unused: id → for how many days they have admitted nobody. Two
    statements at most."""
    since, now = fading_since(), timezone.now()
    if since is None:
        return {}
    old = [entry for entry in entries if max(entry.created_at, entry.confirmed_at or entry.created_at) < since]
    if not old:
        return {}
    rows = type(old[0])._default_manager.filter(pk__in=[entry.pk for entry in old])
    unused = with_last_use_of(rows).filter(unused_since__lt=since)
    return {pk: (now - last).days for pk, last in unused.values_list("pk", "unused_since")}


def with_last_use_of(entries: QuerySet[Any]) -> QuerySet[Any]:
    """Of whichever kind of list."""
    return with_last_use_below(entries) if entries.model is GroupAllowlistEntry else with_last_use(entries)


def suspend_unused(now: datetime) -> int:
    """A step of the housekeeping: only where the instance says so, each with an entry in the history."""
    since = fading_since(now) if InstanceSettings.current().suspend_unused_entries else None
    if since is None:
        return 0
    active = (
        AllowlistEntry.objects.filter(project__pending_deletion=False).select_related("project"),
        GroupAllowlistEntry.objects.filter(group__in=Group.objects.alive()).select_related("group"),
    )
    unused = (with_last_use_of(rows.active(now.date())).filter(unused_since__lt=since) for rows in active)
    return sum(_suspend(entry) for rows in unused for entry in rows[:MAX_SUSPENSIONS])


def _suspend(entry: AllowlistEntry | GroupAllowlistEntry) -> bool:
    try:
        suspend_entry(entry, by=None)
    except TokenAccessError:
        log.info("Entry %s was not suspended: it, or what its list belongs to, is gone", entry.pk)
        return False
    return True
