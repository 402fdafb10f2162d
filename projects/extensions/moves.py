"""What keeps something from being moved elsewhere, and what a move changes, in the words of the apps that depend on it.

Apps add their own (in their AppConfig.ready):

    REASONS_TO_STAY.append(reason_to_stay)
    MOVE_EFFECTS.append(effects_of_move)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from identity.models import User
from projects.models import Group, Project


class MoveEffect(NamedTuple):
    """`total` things, `sentence` in the number that fits it, and a `note` for the person who decides, or ""."""

    total: int
    sentence: str
    note: str = ""


# (what is moved, the group that it goes to: None for the top, who moves it) → why they may not, "" if they may.
REASONS_TO_STAY: list[Callable[[Project | Group, Group | None, User], str]] = []
# (what is moved, the group that it goes to, who asks) → what changes with it, as far as they may see it.
MOVE_EFFECTS: list[Callable[[Project | Group, Group | None, User], list[MoveEffect]]] = []


def reason_to_stay(place: Project | Group, parent: Group | None, by: User) -> str:
    """Why `by` may not move it there, "" if they may."""
    return next((reason for ask in REASONS_TO_STAY if (reason := ask(place, parent, by))), "")


def effects_of_move(place: Project | Group, parent: Group | None, reader: User) -> list[MoveEffect]:
    """Lines that count nothing are left out."""
    return [effect for ask in MOVE_EFFECTS for effect in ask(place, parent, reader) if effect.total]
