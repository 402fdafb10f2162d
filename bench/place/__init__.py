"""A number of everything in one project, its groups and the instance, so that no list of a page is empty."""

from __future__ import annotations

from collections.abc import Sequence

from bench.place import files, jobs, people, rules, tokens
from bench.place.rows import Place

__all__ = ["Place", "fill"]


def fill(place: Place, numbers: Sequence[int]) -> None:
    """A row of each kind for each number. The first call has number 1; again with others, a page that asks about each
    row is found out."""
    for kind in (people, jobs, tokens, files, rules):
        kind.fill(place, numbers)
