"""Which entry of which list applies to each of many pairs of a source and a target, in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

import orjson
from django.db import connection
from django.db.models.expressions import RawSQL

from tokenaccess.allowlist.group_rules.inherited import InboundMatcher, Match
from tokenaccess.allowlist.matcher import ListMatcher, ancestor_ids
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule

# Of the database → the ids of the entries that name the source of such a pair on its target's list.
_ENTRIES_OF_PAIRS = {
    "postgresql": """
        SELECT entry.id FROM json_array_elements(%s) pair
        JOIN tokenaccess_allowlistentry entry
            ON entry.project_id = CAST(pair ->> 0 AS bigint) AND entry.target_project_id = CAST(pair ->> 1 AS bigint)
    """,
    "sqlite": """
        SELECT entry.id FROM json_each(%s) pair
        JOIN tokenaccess_allowlistentry entry
            ON entry.project_id = pair.value ->> 0 AND entry.target_project_id = pair.value ->> 1
    """,
}


class Pair(NamedTuple):
    """Projects by their ids, each with that of its group."""

    target: int
    target_group: int
    source: int
    source_group: int


class ManyTargets:
    """All that admits jobs of the sources to the targets of these pairs, in memory. `ancestors`: group id → ids of its
    ancestors and itself, outermost first. Five statements at most."""

    def __init__(self, pairs: Collection[Pair]) -> None:
        groups = {pair.target_group for pair in pairs} | {pair.source_group for pair in pairs}
        self.ancestors = ancestor_ids(groups) if groups else {}
        self._own = self._own_lists(pairs) if pairs else {}
        above = {group for pair in pairs for group in self.ancestors[pair.target_group]}
        self._rules = {rule.pk: rule for rule in GroupRule.objects.filter(pk__in=above)} if above else {}
        self._listed: defaultdict[int, list[GroupAllowlistEntry]] = defaultdict(list)
        if self._rules:
            upper = GroupAllowlistEntry.objects.filter(group__in=self._rules)
            for entry in upper.exclude(target_project__pending_deletion=True).order_by("id"):
                self._listed[entry.group_id].append(entry)
        self._matchers: dict[int, InboundMatcher] = {}  # by the group of a target: of what is inherited there

    def match(self, pair: Pair) -> Match:
        own = self._own.get(pair.target, _NO_LIST)
        return self._matcher(pair.target_group).match(pair.source, self.ancestors[pair.source_group], own)

    def _matcher(self, group: int) -> InboundMatcher:
        if group not in self._matchers:
            rules = [self._rules[pk] for pk in reversed(self.ancestors[group]) if pk in self._rules]
            inherited = [entry for rule in rules for entry in self._listed[rule.pk]]
            self._matchers[group] = InboundMatcher(None, own=(), inherited=inherited, rules=rules)
        return self._matchers[group]

    def _own_lists(self, pairs: Collection[Pair]) -> dict[int, ListMatcher[AllowlistEntry]]:
        """By the target: what of its list may admit one of its sources. Of entries that name any of all the sources
        most would be about other pairs."""
        text = orjson.dumps([(pair.target, pair.source) for pair in pairs]).decode()
        named = RawSQL(_ENTRIES_OF_PAIRS[connection.vendor], [text])  # noqa: S611 - of our own words
        groups = {group for above in self.ancestors.values() for group in above}
        inbound, targets = AllowlistEntry.objects.inbound(), {pair.target for pair in pairs}
        entries: defaultdict[int, list[AllowlistEntry]] = defaultdict(list)
        for rows in (inbound.filter(pk__in=named), inbound.filter(target_group__in=groups)):
            for entry in rows:
                if entry.project_id in targets:
                    entries[entry.project_id].append(entry)
        return {target: ListMatcher(listed) for target, listed in entries.items()}


_NO_LIST: ListMatcher[AllowlistEntry] = ListMatcher(())
