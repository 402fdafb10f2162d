"""Reads the sources of a project, or of all projects below a group, in a fixed number of statements.

The list has a limit; of the log the latest sources are read (`log.max_sources`). So all of it is sorted and filtered
here, by whatever column, and only the rows of one page are completed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from identity.models import User
from projects.models import Group, GroupAncestor, Project
from tokenaccess.allowlist.display.summary import TokenAccessSummary
from tokenaccess.allowlist.editing_rights import addable_targets
from tokenaccess.allowlist.find_entry import inbound_entries
from tokenaccess.allowlist.group_rules.ceilings import ceiling_effects
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher, Match, inherited_entries
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.allowlist.reviews.fading import fading_since, unused_days
from tokenaccess.models import AuthorizationRecord, GroupAllowlistEntry, GroupRule
from tokenaccess.policy.actions import TargetKind
from tokenaccess.sources.log import Logged, read_log
from tokenaccess.sources.rows import OWN, Lists, SourceRow

RECENT_DAYS = 90


@dataclass(frozen=True, slots=True)
class Sources:
    """`is_cut`: the log has more sources than were read."""

    rows: list[SourceRow]
    is_cut: bool


def read_sources(holder: Project | Group, reader: User, summary: TokenAccessSummary | None = None) -> Sources:
    """Every entry of the inbound list and of the groups' above it, and every other project that was admitted within
    RECENT_DAYS or refused within WINDOW_DAYS; of a group, admitted and refused by any project below it, whichever list
    decided. `summary`: of the project, where it is read already. Eleven statements at most, fifteen of a log that is
    cut."""
    rules = None if summary is None else summary.rules_above
    rows = _Rows(holder, rules)
    logged, is_cut = read_log(holder, [row.id for row in rows.all if row.kind is TargetKind.PROJECT])
    matcher = rows.matcher(holder, rules)
    above = ancestor_ids(found.group_id for found in logged.values())
    matches: dict[int, Match] = {}
    for pk, found in logged.items():
        ancestors = above.get(found.group_id, ())
        match = matches[pk] = matcher.match(pk, ancestors)
        # What an entry admitted before it lapsed is still its use.
        rows.add(pk, found, match.entry, admits=match.admits, ancestors=ancestors)
    rows.mark_fading(fading_since(instance=None if summary is None else summary.settings.instance), is_cut=is_cut)
    hide_names(rows.all, reader)
    paths = {(row.kind, row.id): row.path for row in rows.all}
    listed = (row for row in rows.all if row.entry is not None and row.kind is TargetKind.PROJECT)
    lists = Lists(matcher, {row.id: row.group_id for row in listed})
    for row in rows.all:
        if row.entry is None and row.through is None:
            row.found = matches[row.id]
        if row.kind is TargetKind.GROUP:
            row.lists = lists
        if row.through is not None:
            # Of an entry that was made while this was read there is no row.
            row.through_path = paths.get((row.through.kind, row.through.target_id), "")
    return Sources(rows.all, is_cut)


def own_entries(holder: Project | Group) -> QuerySet[Any]:
    """The entries of its inbound list that have a row, for `row_of`."""
    return _with_names(inbound_entries(holder).exclude(target_project__pending_deletion=True))


def _with_names(entries: QuerySet[Any]) -> QuerySet[Any]:
    """With what `row_of` tells of the things that an entry names: to make an object of each took as long as all else
    about the rows."""
    return entries.annotate(
        path=Coalesce("target_project__full_path", "target_group__full_path"),
        nearest_group=Coalesce("target_project__group", "target_group"),
        added_by_name=F("added_by__username"),
        owner_name=F("owner__username"),
    )


def row_of(entry: Any, inherited_from: str | None = None) -> SourceRow:
    """`inherited_from`: None for an entry of the list itself."""
    row = SourceRow(entry.kind, entry.target_id, entry.path, entry.nearest_group, entry)
    row.added_by, row.owner = entry.added_by_name, entry.owner_name
    row.is_inherited, row.inherited_from = inherited_from is not None, inherited_from or ""
    return row


class _Rows:
    """The rows of all entries, to which those of the log are added. `rules`: of the groups above, where they are read
    already; a group that has entries has one. Two statements at most."""

    def __init__(self, holder: Project | Group, rules: Sequence[GroupRule] | None) -> None:
        self.since = timezone.now() - timedelta(days=RECENT_DAYS)
        self.own_entries = list(own_entries(holder))
        self.all = [row_of(entry) for entry in self.own_entries]
        above = inherited_entries(holder.nearest_group_id).select_related(None)
        above = above.annotate(list_path=F("group__full_path"))
        above = above.exclude(group=holder) if isinstance(holder, Group) else above
        self.inherited = list(_with_names(above)) if rules is None or rules else []
        self.all += [row_of(entry, inherited_from=entry.list_path) for entry in self.inherited]
        self._of_entry = {(type(row.entry), row.entry.pk): row for row in self.all if row.entry is not None}
        self._listed = {(row.kind, row.id): row for row in self.all if not row.is_inherited}
        for row in self._listed.values():
            if row.entry is not None:
                row.unused_since = max(row.entry.created_at, row.entry.confirmed_at or row.entry.created_at)

    def matcher(self, holder: Project | Group, rules: Sequence[GroupRule] | None) -> InboundMatcher:
        """Of a group, as for a project right there that has no list."""
        if isinstance(holder, Group):
            return InboundMatcher(holder, inherited=[*self.own_entries, *self.inherited], rules=rules)
        return InboundMatcher(holder, own=self.own_entries, inherited=self.inherited, rules=rules)

    def add(self, pk: int, found: Logged, entry: AnyEntry | None, *, admits: bool, ancestors: Iterable[int]) -> None:
        """`entry`: the one whose use it is; `admits`: it still does."""
        row = self._listed.get((TargetKind.PROJECT, pk))
        if found.last_used is not None:
            groups = (self._listed.get((TargetKind.GROUP, group)) for group in ancestors)
            for named in filter(None, [row, *groups]):
                named.unused_since = max(found.last_used, named.unused_since or found.last_used)
        matching = None if entry is None else self._of_entry.get((type(entry), entry.pk))
        if matching is not None:  # it is None for an entry that was made while this was read
            if matching.kind is TargetKind.GROUP:
                _add_to_group(matching, found, self.since)
            else:
                row = matching
        if row is None and found.is_recent(self.since):
            row = SourceRow(TargetKind.PROJECT, pk, found.path, found.group_id, through=entry if admits else None)
            self.all.append(row)
        if row is not None:
            row.last_used, row.uses, row.refusals = found.last_used, found.uses, found.refusals

    def mark_fading(self, since: datetime | None, *, is_cut: bool) -> None:
        """As the housekeeping sees it (allowlist.fading): a group is used by whatever project in it. Of a log that
        `is_cut` not all of those were read: then it is asked."""
        days = unused_days(self.own_entries) if is_cut and since is not None else {}
        for row in self._listed.values():
            if row.entry is not None and row.entry.pk in days:
                row.unused_since = timezone.now() - timedelta(days=days[row.entry.pk])
                row.is_fading = True
            elif not is_cut:
                row.is_fading = since is not None and row.unused_since is not None and row.unused_since < since


def complete(rows: Sequence[SourceRow], holder: Project | Group, reader: User, *, has_ceiling: bool = True) -> None:
    """The rest of these rows: what a group holds, what was used, who may be added, what ceilings leave. `has_ceiling`:
    whether a group above may have one. Nine statements at most."""
    groups = [row for row in rows if row.kind is TargetKind.GROUP]
    counts = _count_admitted(holder, groups)
    used_for = _used_for(holder, [row.id for row in rows if row.kind is TargetKind.PROJECT])
    own = {row.entry: row.group_id for row in rows if row.entry is not None and row.match == OWN}
    capped = ceiling_effects(holder, own) if has_ceiling else {}
    addable = addable_targets((("project", row.id) for row in rows if row.entry is None and row.path), reader)
    for row in rows:
        row.capped = capped.get(row.entry.pk, "") if row.entry is not None and row.match == OWN else ""
        if row.kind is TargetKind.GROUP:
            row.project_count = counts[row.entry]
        else:
            # Of two rows of one source, the use is that of the entry that admitted it.
            row.used_for = used_for.get(row.id, {}) if row.last_used is not None else {}
            row.can_add = ("project", row.id) in addable


def _used_for(holder: Project | Group, sources: Sequence[int]) -> dict[int, Any]:
    """Not of a group: each of the projects below it may have used something else. One statement."""
    if isinstance(holder, Group) or not sources:
        return {}
    used = AuthorizationRecord.objects.filter(accessed_project=holder, origin_project__in=sources).order_by()
    return dict(used.values_list("origin_project_id", "used"))


def _add_to_group(row: SourceRow, found: Logged, since: datetime) -> None:
    row.uses += found.uses
    row.refusals += found.refusals
    row.recent_sources += found.used_since(since)
    if found.last_used is not None:
        row.last_used = max(found.last_used, row.last_used or found.last_used)


def hide_names(rows: list[SourceRow], reader: User) -> None:
    """Takes the names of what the reader may not see. Three statements at most."""
    inherited = [(row, row.entry.group_id) for row in rows if isinstance(row.entry, GroupAllowlistEntry)]
    lists = {group for row, group in inherited if row.is_inherited}
    if lists:
        named = set(Group.objects.visible_to(reader).filter(pk__in=lists).values_list("pk", flat=True))
        for row, group in inherited:
            if group not in named:
                row.inherited_from = ""
    for kind, model in ((TargetKind.PROJECT, Project), (TargetKind.GROUP, Group)):
        among = [row for row in rows if row.kind is kind]
        if not among:
            continue
        manager: Any = model.objects
        seen = set(manager.visible_to(reader).filter(pk__in=[row.id for row in among]).values_list("pk", flat=True))
        for row in among:
            if row.id not in seen:
                row.path = ""


def _count_admitted(holder: Project | Group, rows: Sequence[SourceRow]) -> Counter[AnyEntry | None]:
    """How many other projects each of these groups' entries admits today, as the matcher has it. Two statements."""
    itself = holder.pk if isinstance(holder, Project) else 0  # no project has the number 0
    counts: Counter[AnyEntry | None] = Counter()
    lists = rows[0].lists if rows else None
    if lists is None:
        return counts
    below = GroupAncestor.objects.filter(ancestor__in=[row.id for row in rows]).values("group")
    inside = Project.objects.alive().filter(group__in=below).exclude(pk=itself).order_by()
    sizes = dict(inside.values("group").annotate(count=Count("pk")).values_list("group", "count"))
    above = ancestor_ids(sizes)
    of_group = {group: lists.matcher.match(0, above[group]) for group in sizes}
    for group, match in of_group.items():
        if match.admits:
            counts[match.entry] += sizes[group]
    for source, group in lists.named.items():
        usual = of_group.get(group) if source != itself else None
        if usual is not None and usual.admits and lists.matcher.match(source, above[group]) != usual:
            counts[usual.entry] -= 1  # it has an entry of its own
    return counts
