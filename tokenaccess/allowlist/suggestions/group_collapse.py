"""Replaces projects by their nearest common groups until they fit on an allowlist (job-token.md §6).

No database here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

TOO_MANY = "The projects in the authentication log have too little in common to fit on the allowlist"


class CannotCollapse(Exception):
    """The projects have too few common groups to fit."""


@dataclass(frozen=True, slots=True)
class CollapsedTarget:
    """The id of a project or group, and the ids of its ancestors, outermost first."""

    id: int
    ancestors: tuple[int, ...]
    is_group: bool = False


def collapse_into_groups(projects: Mapping[int, tuple[int, ...]], limit: int) -> list[CollapsedTarget]:
    """At most `limit` projects and groups that cover `projects` (id → ids of its ancestors, outermost first).

    While there are too many, the deepest group that covers several replaces them, to admit as little else as possible.
    Raises CannotCollapse.
    """
    targets = [CollapsedTarget(project, above) for project, above in projects.items()]
    while len(targets) > limit:
        sizes = Counter(group for place in targets for group in place.ancestors)
        depth = {group: position for place in targets for position, group in enumerate(place.ancestors)}
        shared = [group for group, count in sizes.items() if count > 1]
        if not shared:
            raise CannotCollapse
        best = max(shared, key=lambda group: (depth[group], sizes[group], -group))
        inside = next(place for place in targets if best in place.ancestors)
        group = CollapsedTarget(best, inside.ancestors[: depth[best]], is_group=True)
        targets = [place for place in targets if best not in place.ancestors] + [group]
    return targets
