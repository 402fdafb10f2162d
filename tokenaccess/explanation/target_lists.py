"""What the limit and the lists of a target have for a source, for the maintainers of the target.

What they may not see themselves is not named: neither what an entry names, nor what a hidden source is near to.
"""

from __future__ import annotations

from dataclasses import dataclass

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist.targets import key_of, visible_targets
from tokenaccess.explanation.nearest import find_nearest_path
from tokenaccess.explanation.remedies import matching_entry
from tokenaccess.policy import Facts


@dataclass(frozen=True, slots=True)
class TargetLists:
    """`mode`: open, trial, enforced, or off while no limit applies. `has_entry`: one applies, also if it has lapsed or
    a ceiling leaves nothing of it; `entry_path`: of what it names, None for what is hidden. `miss_path`: where none
    does, of the nearest."""

    mode: str | None
    has_entry: bool = False
    entry_path: str | None = None
    miss_path: str | None = None


def mode_name(facts: Facts) -> str | None:
    """None where there is no target."""
    if facts.target is None:
        return None
    return facts.target.mode.name.lower() if facts.switch_on else "off"


def read_target_lists(
    target: Project, source: Project, facts: Facts, reader: User, *, sees_source: bool
) -> TargetLists:
    """Six statements at most."""
    mode = mode_name(facts)
    if facts.entry is not None or facts.barred_by:
        entry = matching_entry(target, source)
        if entry is None:  # removed meanwhile
            return TargetLists(mode)
        seen = visible_targets([key_of(entry.target)], reader)
        return TargetLists(mode, True, entry.target.full_path if seen else None)
    return TargetLists(mode, miss_path=find_nearest_path(target.pk, source.full_path, reader) if sees_source else None)
