"""A few entries of the own list of a project or group, without the rest of it and without its log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import Q, Sum

from identity.models import User
from projects.models import Group, GroupAncestor, Project
from tokenaccess.allowlist.find_entry import inbound_entries
from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.allowlist.matcher import ListMatcher, ancestor_ids
from tokenaccess.models import DailyCount
from tokenaccess.policy.actions import TargetKind
from tokenaccess.sources.log import first_day, target_filter
from tokenaccess.sources.read import hide_names, own_entries, row_of
from tokenaccess.sources.rows import SourceRow


def read_chosen(holder: Project | Group, ids: Collection[int], reader: User) -> list[SourceRow]:
    """The rows of these entries, with nothing of the log. Three statements at most."""
    rows = [row_of(entry) for entry in own_entries(holder).filter(pk__in=ids)]
    hide_names(rows, reader)
    return rows


def count_uses(holder: Project | Group, rows: Sequence[SourceRow]) -> int:
    """Requests of the last WINDOW_DAYS days by the sources of these entries; of those in a group, whose nearest entry
    it is; of a group, in any project below it. Three statements."""
    chosen = {row.entry_id for row in rows}
    named = {kind: [row.id for row in rows if row.kind is kind] for kind in TargetKind}
    inside = GroupAncestor.objects.filter(ancestor__in=named[TargetKind.GROUP]).values("group")
    days = DailyCount.objects.filter(**target_filter(holder), day__gte=first_day(WINDOW_DAYS)).order_by()
    days = days.filter(origin_project__pending_deletion=False)
    days = days.filter(Q(origin_project__in=named[TargetKind.PROJECT]) | Q(origin_project__group__in=inside))
    summed = days.values_list("origin_project", "origin_project__group").annotate(used=Sum("uses"))
    by_source = {source: (group, used) for source, group, used in summed}
    own: ListMatcher[Any] = ListMatcher(inbound_entries(holder))
    above = ancestor_ids(group for group, _ in by_source.values())
    nearest = {source: own.entry_for(source, above[group]) for source, (group, _) in by_source.items()}
    return sum(by_source[source][1] for source, entry in nearest.items() if entry is not None and entry.pk in chosen)
