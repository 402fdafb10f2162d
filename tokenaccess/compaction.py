"""Fits many projects into few entries: the nearest groups that hold several of them (job-token.md §6).

No database here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass


class DoesNotFit(Exception):
    """No choice of groups is small enough: the projects have too few ancestors in common."""


@dataclass(frozen=True, slots=True)
class Place:
    """A project or a group by its id, with the ids of the groups above it, outermost first."""

    id: int
    above: tuple[int, ...]
    is_group: bool = False


def compact(projects: Mapping[int, tuple[int, ...]], limit: int) -> list[Place]:
    """`projects`: id → ids of the groups above it, outermost first. At most `limit` places that hold all of them.

    While there are too many, the deepest group that holds several takes the place of what it holds: as little more than
    what was asked for is let in. Raises DoesNotFit.
    """
    places = [Place(project, above) for project, above in projects.items()]
    while len(places) > limit:
        held = Counter(group for place in places for group in place.above)
        depth = {group: position for place in places for position, group in enumerate(place.above)}
        shared = [group for group, count in held.items() if count > 1]
        if not shared:
            raise DoesNotFit
        best = max(shared, key=lambda group: (depth[group], held[group], -group))
        inside = next(place for place in places if best in place.above)
        group = Place(best, inside.above[: depth[best]], is_group=True)
        places = [place for place in places if best not in place.above] + [group]
    return places
