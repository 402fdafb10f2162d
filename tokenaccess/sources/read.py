"""Reads the sources of a project in a fixed number of statements.

The list has a limit; of the log the MAX_SOURCES latest sources are read. So all of it is sorted and filtered here, by
whatever column, and only the rows of one page are completed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from identity.models import User
from projects.models import Group, GroupAncestor, Project
from tokenaccess.allowlist.display.summary import TokenAccessSummary
from tokenaccess.allowlist.editing_rights import addable_targets
from tokenaccess.allowlist.group_rules.ceilings import ceiling_effects
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher, inherited_entries
from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.allowlist.reviews.fading import fading_since
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, DailyCount, GroupAllowlistEntry, GroupRule
from tokenaccess.policy.actions import TargetKind
from tokenaccess.sources.rows import Lists, SourceRow

RECENT_DAYS = 90
MAX_SOURCES = 5000


@dataclass(slots=True)
class _Logged:
    """A project in the log. `last_used`: None if it was only refused."""

    path: str
    group_id: int
    last_used: datetime | None = None
    uses: int = 0
    refusals: int = 0

    def is_recent(self, since: datetime) -> bool:
        return self.refusals > 0 or self.uses > 0 or self.used_since(since)

    def used_since(self, since: datetime) -> bool:
        return self.last_used is not None and self.last_used >= since


@dataclass(frozen=True, slots=True)
class Sources:
    """`is_cut`: the log has more sources than were read."""

    rows: list[SourceRow]
    is_cut: bool


def first_day(days: int) -> date:
    """The first of the last `days` days, today (UTC) included."""
    return timezone.now().astimezone(UTC).date() - timedelta(days=days - 1)


def read_sources(project: Project, reader: User, summary: TokenAccessSummary | None = None) -> Sources:
    """Every entry of the inbound list and of the groups' above it, and every other project that was admitted within
    RECENT_DAYS or refused within WINDOW_DAYS. `summary`: of the project, where it is read already. Eleven statements at
    most."""
    logged, is_cut = _read_log(project)
    rules = None if summary is None else summary.rules_above
    rows = _Rows(project, rules)
    matcher = InboundMatcher(project, own=rows.own_entries, inherited=rows.inherited, rules=rules)
    above = ancestor_ids(found.group_id for found in logged.values())
    for pk, found in logged.items():
        ancestors = above.get(found.group_id, ())
        match = matcher.match(pk, ancestors)
        # What an entry admitted before it lapsed is still its use.
        rows.add(pk, found, match.entry, admits=match.admits, ancestors=ancestors)
    rows.mark_fading(fading_since(instance=None if summary is None else summary.settings.instance))
    hide_names(rows.all, reader)
    paths = {(row.kind, row.id): row.path for row in rows.all}
    listed = (row for row in rows.all if row.entry is not None and row.kind is TargetKind.PROJECT)
    lists = Lists(matcher, {row.id: row.group_id for row in listed})
    for row in rows.all:
        if row.kind is TargetKind.GROUP:
            row.lists = lists
        if row.through is not None:
            # Of an entry that was made while this was read there is no row.
            row.through_path = paths.get((row.through.kind, row.through.target_id), "")
    return Sources(rows.all, is_cut)


def own_entries(project: Project) -> QuerySet[Any]:
    """The entries of its inbound list that have a row, for `row_of`."""
    own = AllowlistEntry.objects.inbound().filter(project=project).exclude(target_project__pending_deletion=True)
    return _with_names(own)


def _with_names(entries: QuerySet[Any]) -> QuerySet[Any]:
    """With what `row_of` tells of the things that an entry names: to make an object of each took as long as all else
    about the rows."""
    return entries.annotate(
        path=Coalesce("target_project__full_path", "target_group__full_path"),
        nearest_group=Coalesce("target_project__group", "target_group"),
        added_by_name=F("added_by__username"),
        owner_name=F("owner__username"),
    )


def row_of(entry: Any, inherited_from: str = "") -> SourceRow:
    people = {"added_by": entry.added_by_name, "owner": entry.owner_name}
    return SourceRow(
        entry.kind, entry.target_id, entry.path, entry.nearest_group, entry, **people, inherited_from=inherited_from
    )


class _Rows:
    """The rows of all entries, to which those of the log are added. `rules`: of the groups above, where they are read
    already; a group that has entries has one. Two statements at most."""

    def __init__(self, project: Project, rules: Sequence[GroupRule] | None) -> None:
        self.since = timezone.now() - timedelta(days=RECENT_DAYS)
        self.own_entries = list(own_entries(project))
        self.all = [row_of(entry) for entry in self.own_entries]
        above = inherited_entries(project.group_id).select_related(None).annotate(list_path=F("group__full_path"))
        self.inherited = list(_with_names(above)) if rules is None or rules else []
        self.all += [row_of(entry, inherited_from=entry.list_path) for entry in self.inherited]
        self._of_entry = {(type(row.entry), row.entry.pk): row for row in self.all if row.entry is not None}
        self._listed = {(row.kind, row.id): row for row in self.all if not isinstance(row.entry, GroupAllowlistEntry)}
        for row in self._listed.values():
            if row.entry is not None:
                row.unused_since = max(row.entry.created_at, row.entry.confirmed_at or row.entry.created_at)

    def add(self, pk: int, found: _Logged, entry: AnyEntry | None, *, admits: bool, ancestors: Iterable[int]) -> None:
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

    def mark_fading(self, since: datetime | None) -> None:
        """As the housekeeping sees it (allowlist.fading): a group is used by whatever project in it."""
        for row in self._listed.values():
            row.is_fading = since is not None and row.unused_since is not None and row.unused_since < since


def complete(rows: Sequence[SourceRow], project: Project, reader: User, *, has_ceiling: bool = True) -> None:
    """The rest of these rows: what a group holds, what was used, who may be added, what ceilings leave. `has_ceiling`:
    whether a group above may have one. Nine statements at most."""
    groups = [row for row in rows if row.kind is TargetKind.GROUP]
    sources = [row.id for row in rows if row.kind is TargetKind.PROJECT]
    counts = _count_admitted(project, groups)
    used_for: dict[int, Any] = {}
    if sources:
        used = AuthorizationRecord.objects.filter(accessed_project=project, origin_project__in=sources).order_by()
        used_for = dict(used.values_list("origin_project_id", "used"))
    own = {row.entry: row.group_id for row in rows if isinstance(row.entry, AllowlistEntry)}
    capped = ceiling_effects(project, own) if has_ceiling else {}
    addable = addable_targets((("project", row.id) for row in rows if row.entry is None and row.path), reader)
    for row in rows:
        row.capped = capped.get(row.entry.pk, "") if isinstance(row.entry, AllowlistEntry) else ""
        if row.kind is TargetKind.GROUP:
            row.project_count = counts[row.entry]
        else:
            # Of two rows of one source, the use is that of the entry that admitted it.
            row.used_for = used_for.get(row.id, {}) if row.last_used is not None else {}
            row.can_add = ("project", row.id) in addable


def _add_to_group(row: SourceRow, found: _Logged, since: datetime) -> None:
    row.uses += found.uses
    row.refusals += found.refusals
    row.recent_sources += found.used_since(since)
    if found.last_used is not None:
        row.last_used = max(found.last_used, row.last_used or found.last_used)


def _read_log(project: Project) -> tuple[dict[int, _Logged], bool]:
    """By the source's id. Three statements."""
    records = AuthorizationRecord.objects.filter(accessed_project=project, origin_project__pending_deletion=False)
    latest = records.order_by("-last_authorized_at", "-id").values_list(
        "origin_project_id", "origin_project__full_path", "origin_project__group_id", "last_authorized_at"
    )[: MAX_SOURCES + 1]
    logged = {pk: _Logged(path, group, at) for pk, path, group, at in latest}
    counts = _counts(project)
    unknown = [pk for pk in counts if pk not in logged]
    refused = Project.objects.alive().filter(pk__in=unknown).values_list("pk", "full_path", "group_id")
    logged.update((pk, _Logged(path, group)) for pk, path, group in refused)
    for pk, (uses, refusals) in counts.items():
        if pk in logged:
            logged[pk].uses, logged[pk].refusals = uses, refusals
    return logged, len(latest) > MAX_SOURCES or len(counts) == MAX_SOURCES


def _counts(project: Project) -> dict[int, tuple[int, int]]:
    days = DailyCount.objects.filter(accessed_project=project, day__gte=first_day(WINDOW_DAYS)).order_by()
    summed = days.values("origin_project").annotate(used=Sum("uses"), refused=Sum("refusals"))
    most = summed.order_by("-refused", "-used")[:MAX_SOURCES]
    return {row["origin_project"]: (row["used"], row["refused"]) for row in most}


def hide_names(rows: list[SourceRow], reader: User) -> None:
    """Takes the names of what the reader may not see. Three statements at most."""
    lists = {row.entry.group_id for row in rows if isinstance(row.entry, GroupAllowlistEntry)}
    if lists:
        named = set(Group.objects.visible_to(reader).filter(pk__in=lists).values_list("pk", flat=True))
        for row in rows:
            if isinstance(row.entry, GroupAllowlistEntry) and row.entry.group_id not in named:
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


def _count_admitted(project: Project, rows: Sequence[SourceRow]) -> Counter[AnyEntry | None]:
    """How many other projects each of these groups' entries admits today, as the matcher has it. Two statements."""
    counts: Counter[AnyEntry | None] = Counter()
    lists = rows[0].lists if rows else None
    if lists is None:
        return counts
    below = GroupAncestor.objects.filter(ancestor__in=[row.id for row in rows]).values("group")
    inside = Project.objects.alive().filter(group__in=below).exclude(pk=project.pk).order_by()
    sizes = dict(inside.values("group").annotate(count=Count("pk")).values_list("group", "count"))
    above = ancestor_ids(sizes)
    # No project has the number 0.
    of_group = {group: lists.matcher.match(0, above[group]) for group in sizes}
    for group, match in of_group.items():
        if match.admits:
            counts[match.entry] += sizes[group]
    for source, group in lists.named.items():
        usual = of_group.get(group) if source != project.pk else None
        if usual is not None and usual.admits and lists.matcher.match(source, above[group]) != usual:
            counts[usual.entry] -= 1  # it has an entry of its own
    return counts
