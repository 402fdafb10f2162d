"""Files that somebody keeps from being changed by others, asked about before commits get into a repository.

Apps that keep such locks add their own question (in their AppConfig.ready):

    LOCKED_PATHS.append(locked_by_others)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class LockedPath(NamedTuple):
    """A file by its path in the tree, which is a single line, and the username of who has locked it."""

    path: str
    owner: str

    @property
    def sentence(self) -> str:
        return f"The path '{self.path}' is locked in Git LFS by {self.owner}"

    def covers(self, path: str) -> bool:
        return path == self.path or path.startswith(f"{self.path}/")


# (project id, user id) → what that user may not change there.
LOCKED_PATHS: list[Callable[[int, int], Iterable[LockedPath]]] = []


def locked_for(project_id: int, user_id: int) -> list[LockedPath]:
    """What the user may not change. One statement for each app that asks."""
    return [locked for find in LOCKED_PATHS for locked in find(project_id, user_id)]
