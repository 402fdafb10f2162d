"""Entries that nobody uses: since when, and what the housekeeping does about them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, DateTimeField, F, Max, OuterRef, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from tokenaccess.allowlist.services import suspend_entry
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import (
    AllowlistEntry,
    AuthorizationRecord,
    Direction,
    GroupAllowlistEntry,
    InstanceSettings,
)

log = logging.getLogger(__name__)

MAX_SUSPENSIONS = 500  # of one pass


def with_last_use(entries: QuerySet[AllowlistEntry]) -> QuerySet[Any]:
    """Each with `last_used_at`, None for never, and `unused_since`: the last use, or when it was added, renewed,
    restored or confirmed if that is later."""
    into, out = {"accessed_project": OuterRef("project")}, {"origin_project": OuterRef("project")}
    direct = _last(origin_project=OuterRef("target_project"), **into)
    outbound = _last(accessed_project=OuterRef("target_project"), **out)
    below = _last(origin_project__group__ancestor_links__ancestor=OuterRef("target_group"), **into)
    rows = entries.annotate(
        last_used_at=Case(
            When(direction=Direction.OUTBOUND, then=outbound),
            When(target_group__isnull=False, then=below),
            default=direct,
            output_field=DateTimeField(),
        )
    )
    later = Coalesce("confirmed_at", "created_at"), Coalesce("last_used_at", "created_at")
    return rows.annotate(unused_since=Greatest(F("created_at"), *later))


def with_last_use_below(entries: QuerySet[GroupAllowlistEntry]) -> QuerySet[Any]:
    """Entries of a group's list, each with `last_used_at`: in any project below the group, None for never."""
    into = {"accessed_project__group__ancestor_links__ancestor": OuterRef("group")}
    direct = _last(origin_project=OuterRef("target_project"), **into)
    below = _last(origin_project__group__ancestor_links__ancestor=OuterRef("target_group"), **into)
    used = Case(When(target_group__isnull=False, then=below), default=direct, output_field=DateTimeField())
    return entries.annotate(last_used_at=used)


def _last(**between: Any) -> Subquery:
    rows = AuthorizationRecord.objects.filter(**between).order_by().annotate(one=F("accessed_project") * 0)
    return Subquery(rows.values("one").annotate(last=Max("last_authorized_at")).values("last"))


def fading_since(now: datetime | None = None, instance: InstanceSettings | None = None) -> datetime | None:
    """Entries unused since before that count as unused; None if the instance says that none does. `instance`: its
    settings, where they are read already."""
    days = (instance or InstanceSettings.current()).unused_entry_days
    return (now or timezone.now()) - timedelta(days=days) if days else None


def unused_days(entry: AllowlistEntry, now: datetime | None = None) -> int:
    """For how long the entry has admitted nobody, if it counts as unused; else 0. Two statements."""
    since = fading_since(now)
    if since is None:
        return 0
    rows = with_last_use(AllowlistEntry.objects.filter(pk=entry.pk)).filter(unused_since__lt=since)
    last = rows.values_list("unused_since", flat=True).first()
    return 0 if last is None else ((now or timezone.now()) - last).days


def suspend_unused(now: datetime) -> int:
    """A step of the housekeeping: only where the instance says so, each with an entry in the history."""
    since = fading_since(now) if InstanceSettings.current().suspend_unused_entries else None
    if since is None:
        return 0
    active = AllowlistEntry.objects.active(now.date()).filter(project__pending_deletion=False)
    unused = with_last_use(active).filter(unused_since__lt=since).select_related("project")[:MAX_SUSPENSIONS]
    return sum(map(_suspend, unused))


def _suspend(entry: AllowlistEntry) -> bool:
    try:
        suspend_entry(entry, by=None)
    except TokenAccessError:
        log.info("Entry %s was not suspended: it, or its project, is gone", entry.pk)
        return False
    return True
