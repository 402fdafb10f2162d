"""What the groups above a target add to its own list, and take away from it.

Which entry applies: the project's own, else that of the nearest group above the project. Within one list the entry for
the job's project comes before those for groups above it, the nearest first. Where that entry has ended or is suspended
it admits nobody, and no other steps in: what is taken away never opens more.

A ceiling takes away from every list nearer to the project than its own. What it leaves is what would apply to a project
right there that has no list: the entry of that group, else of the nearest above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tokenaccess.policy.facts import Entry, EntryState
from tokenaccess.policy.permissions import both, covers


class GroupRule(NamedTuple):
    """Of one group above the target. `entry`: the one of its list that matches the job's project."""

    group_id: int
    has_ceiling: bool
    entry: Entry | None = None


class Admission(NamedTuple):
    """The entry that applies, as far as the ceilings leave it; or the group whose ceiling leaves nothing of it. Of one
    that admits nobody they are not asked."""

    entry: Entry | None = None
    barred_by: int = 0


def admission(own: Entry | None, rules: Sequence[GroupRule]) -> Admission:
    """`own`: the project's own entry. `rules`: of the groups above the project, the nearest first."""
    entry, above = _nearest_entry(rules) if own is None else (own, rules)
    if entry is None or not _is_active(entry):
        return Admission(entry)
    for position, rule in enumerate(above):
        if rule.has_ceiling:
            most, _ = _nearest_entry(above[position:])
            if most is None or not _is_active(most):
                return Admission(barred_by=rule.group_id)
            entry = narrow(entry, most, rule.group_id)
    return Admission(entry)


def narrow(entry: Entry, most: Entry, group_id: int) -> Entry:
    """What both grant, under the conditions of both; `group_id` has the ceiling."""
    entry = entry._replace(conditions=(*entry.conditions, *most.conditions))
    if most.default_permissions:
        return entry
    left = most.permissions if entry.default_permissions else both(entry.permissions, most.permissions)
    if not entry.default_permissions and left == entry.permissions:
        return entry
    return entry._replace(default_permissions=False, permissions=left, capped_by=group_id)


def admits_more(entry: Entry | None, other: Entry | None) -> bool:
    """Whether `entry` may admit a job, or grant it something, where `other` does not. None: nobody is admitted."""
    if entry is None or not _is_active(entry):
        return False
    if other is None or not _is_active(other):
        return True
    if not all(any(own.covers(asked) for own in entry.conditions) for asked in other.conditions):
        return True
    if other.default_permissions:
        return False
    return entry.default_permissions or not all(covers(other.permissions, name) for name in entry.permissions)


def _nearest_entry(rules: Sequence[GroupRule]) -> tuple[Entry | None, Sequence[GroupRule]]:
    """The nearest entry, and the rules of the groups above its list."""
    for position, rule in enumerate(rules):
        if rule.entry is not None:
            return rule.entry._replace(group_id=rule.group_id), rules[position + 1 :]
    return None, ()


def _is_active(entry: Entry) -> bool:
    return entry.state is EntryState.ACTIVE
