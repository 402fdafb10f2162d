"""The lists of the groups above a project with its own: which entry applies to others (docs/group-rules.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F

from identity.models import today
from projects.models import Group, Project
from tokenaccess.allowlist.matcher import AllowlistMatcher, ListMatcher, ancestor_ids, names
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule
from tokenaccess.policy import Entry, group_rules
from tokenaccess.policy.conditions import conditions_of
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.levels import InboundMode
from tokenaccess.querysets import GroupAllowlistQuerySet

AnyEntry = AllowlistEntry | GroupAllowlistEntry


def inherited_entries(group_id: int) -> GroupAllowlistQuerySet:
    """Those on the lists of the group and of the groups above it, the nearest list first; each with the `distance` of
    its list. For a project: of its `group_id`."""
    upper = GroupAllowlistEntry.objects.filter(group__descendant_links__group=group_id)
    upper = upper.exclude(target_project__pending_deletion=True)
    upper = upper.annotate(distance=F("group__descendant_links__distance")).order_by("distance", "id")
    return upper.select_related("group", "target_project", "target_group", "added_by", "owner", "suspended_by")


def combined_rule(group: Group) -> GroupRule:
    """What the group and those above it set together for a project right there. Not to be saved. One statement."""
    return combine(group, list(GroupRule.objects.above(group.pk)))


def combine(group: Group, rules: Sequence[GroupRule]) -> GroupRule:
    """As `combined_rule`, of the rules of the group and of those above it."""
    return GroupRule(
        group=group,
        inbound_mode=max((rule.inbound_mode for rule in rules), default=InboundMode.OPEN.value),
        has_ceiling=any(rule.has_ceiling for rule in rules),
        is_locked=any(rule.is_locked for rule in rules),
    )


@dataclass(frozen=True, slots=True)
class Match:
    """`entry`: the nearest that matches, own or inherited, also if it has lapsed, and whatever a ceiling leaves of it.
    `effective`: what it grants below the ceilings; None where it admits nobody. `barred_by`: the group whose ceiling
    leaves nothing of it, 0 for none."""

    entry: AnyEntry | None = None
    effective: Entry | None = None
    barred_by: int = 0

    @property
    def admits(self) -> bool:
        return self.effective is not None


class InboundMatcher:
    """Everything that admits jobs to one project, in memory, to match many others; of a group: to a project right there
    that has no list. `without`: as if these entries of its own list were removed; `source`: only to match that project;
    `own`, `inherited`, `rules`: the entries of the project's own list and of those above, and the rules above, where
    they are read already, all of which need no `place`; `named`: the entries with what they name, which to read takes
    longer than all else. Three statements at most."""

    def __init__(
        self,
        place: Project | Group | None,
        *,
        without: Collection[AnyEntry] = (),
        source: Project | None = None,
        own: Iterable[AllowlistEntry] | None = None,
        inherited: Iterable[GroupAllowlistEntry] | None = None,
        rules: Sequence[GroupRule] | None = None,
        named: bool = False,
    ) -> None:
        self._today = today()
        self._own: ListMatcher[AllowlistEntry] = ListMatcher(own or ())
        if rules is None:
            assert place is not None
            rules = list(GroupRule.objects.above(place.nearest_group_id))
        listed: dict[int, list[GroupAllowlistEntry]] = {rule.pk: [] for rule in rules}
        if isinstance(place, Project) and own is None:
            self._own = AllowlistMatcher(place, without=without, source=source, named=named)
        if inherited is None:
            assert place is not None
            rows = inherited_entries(place.nearest_group_id)
            rows = rows if named else rows.select_related(None)
            rows = rows if source is None else rows.filter(names(source))
            gone = without if isinstance(place, Group) else ()
            inherited = rows.exclude(pk__in=[entry.pk for entry in gone]) if gone else rows
        for entry in inherited if rules else ():
            listed.setdefault(entry.group_id, []).append(entry)
        self._entries: dict[tuple[type[AnyEntry], int], Entry] = {}
        self._above = [(rule, ListMatcher(listed[rule.pk])) for rule in rules]

    def match(self, project_id: int, ancestors: Iterable[int], own: ListMatcher[AllowlistEntry] | None = None) -> Match:
        """`ancestors`: the groups above the project, outermost first (`ancestor_ids`). `own`: of a matcher for a group,
        the list of one of the projects right in it."""
        above = tuple(ancestors)
        own_entry = (self._own if own is None else own).entry_for(project_id, above)
        inherited = {rule.pk: entries.entry_for(project_id, above) for rule, entries in self._above}
        rules = [
            group_rules.GroupRule(rule.pk, rule.has_ceiling, self._entry_of(inherited[rule.pk]))
            for rule, _ in self._above
        ]
        applies, barred_by = group_rules.admission(self._entry_of(own_entry), rules)
        nearest = own_entry or next((entry for entry in inherited.values() if entry is not None), None)
        admits = applies is not None and applies.state is EntryState.ACTIVE
        return Match(nearest, applies if admits else None, barred_by)

    def _entry_of(self, entry: AnyEntry | None) -> Entry | None:
        """Once for each: an entry of a group matches many projects."""
        if entry is None:
            return None
        key = (type(entry), entry.pk)
        if key not in self._entries:
            self._entries[key] = _entry_of(entry, self._today)
        return self._entries[key]

    def targets(self) -> set[Project | Group]:
        """What the lists name; of a matcher that was made with `named`."""
        inherited = (entry for _, entries in self._above for entry in entries)
        return {entry.target for entry in self._own} | {entry.target for entry in inherited}

    def matches(self, projects: Iterable[Project]) -> dict[int, Match]:
        """By project id. One statement."""
        among = list(projects)
        above = ancestor_ids(project.group_id for project in among)
        return {project.pk: self.match(project.pk, above[project.group_id]) for project in among}


def _entry_of(entry: AnyEntry, day: date) -> Entry:
    granted = () if entry.default_permissions else entry.permissions
    conditions = conditions_of(entry.conditions)
    return Entry(entry.default_permissions, frozenset(granted), entry.state_on(day), conditions=conditions)
