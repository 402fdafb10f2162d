"""Pointers that a push brings, and the objects that they stand for: a commit whose files nobody can get is refused.

Apps that keep such objects add their own question (in their AppConfig.ready):

    STORED_OBJECTS.append(list_oids)
"""

from __future__ import annotations

from collections.abc import Callable

# project id → the SHA-256 of each object that it has, in order; None if its pointers are not to be looked at.
STORED_OBJECTS: list[Callable[[int], list[str] | None]] = []

MISSING = 'LFS objects are missing. Ensure LFS is properly set up or try a manual "git lfs push --all".'


def stored_objects(project_id: int) -> list[str] | None:
    """None if nothing is to be looked at."""
    answers = [found for ask in STORED_OBJECTS if (found := ask(project_id)) is not None]
    return sorted({oid for found in answers for oid in found}) if answers else None
