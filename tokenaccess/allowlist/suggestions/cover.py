"""The tightest cover: at most so many projects and groups that cover the wanted projects and open as little else as
possible. No database here.

A dynamic program over the tree of groups. For each group and each number of entries it keeps the fewest projects that
so many entries within the group can open; a group's entries are those of what is in it put together, or the group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tokenaccess.allowlist.suggestions.group_collapse import CannotCollapse, CollapsedTarget


class _Cover(NamedTuple):
    """`opened`: how many projects. `picks`: nested pairs of covers with the targets as leaves."""

    opened: int
    picks: Any


# Number of entries → the best cover with exactly so many.
_Table = dict[int, _Cover]


def tightest_cover(
    projects: Mapping[int, tuple[int, ...]], sizes: Mapping[int, int], limit: int
) -> list[CollapsedTarget]:
    """`projects`: id → ids of the groups that may stand for it, outermost first. `sizes`: group → how many projects it
    opens. Of equal covers the one with more entries, which opens less of what is to come. Raises CannotCollapse."""
    if len(projects) <= limit:
        return [CollapsedTarget(project, above) for project, above in projects.items()]
    table: _Table = {0: _Cover(0, None)}
    for part in _parts(projects, sizes, limit):
        table = _combine(table, part, limit)
    if not table:
        raise CannotCollapse
    best = min(table, key=lambda entries: (table[entries].opened, -entries))
    return list(_targets(table[best].picks))


def _parts(projects: Mapping[int, tuple[int, ...]], sizes: Mapping[int, int], limit: int) -> Iterator[_Table]:
    """The tables of the outermost groups, and of projects that no group may stand for."""
    above: dict[int, tuple[int, ...]] = {}
    inside: defaultdict[int, list[_Table]] = defaultdict(list)
    for project, groups in projects.items():
        for depth, group in enumerate(groups):
            above[group] = groups[:depth]
        leaf = {1: _Cover(1, CollapsedTarget(project, groups))}
        if groups:
            inside[groups[-1]].append(leaf)
        else:
            yield leaf
    for group in sorted(above, key=lambda one: len(above[one]), reverse=True):  # from the inside out
        table: _Table = {0: _Cover(0, None)}
        for part in inside.pop(group, []):
            table = _combine(table, part, limit)
        itself = _Cover(sizes[group], CollapsedTarget(group, above[group], is_group=True))
        if 1 not in table or itself.opened < table[1].opened:
            table[1] = itself
        if above[group]:
            inside[above[group][-1]].append(table)
        else:
            yield table


def _combine(one: _Table, other: _Table, limit: int) -> _Table:
    """Both side by side, with no more than `limit` entries together."""
    combined: _Table = {}
    for left, first in one.items():
        for right, second in other.items():
            entries, opened = left + right, first.opened + second.opened
            if entries <= limit and (entries not in combined or opened < combined[entries].opened):
                combined[entries] = _Cover(opened, (first.picks, second.picks))
    return combined


def _targets(picks: Any) -> Iterator[CollapsedTarget]:
    waiting = [picks]
    while waiting:
        pick = waiting.pop()
        if isinstance(pick, CollapsedTarget):
            yield pick
        elif pick is not None:
            waiting.extend(reversed(pick))
