"""What is deleted together with a project, in numbers, for the page that asks for a confirmation.

Apps that keep something of a project add their own line (in their AppConfig.ready):

    DELETION_EFFECTS.append(packages_of)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from projects.models import Project


class DeletionEffect(NamedTuple):
    """`total` things, `sentence` in the number that fits it, and a `note` for the person who decides, or ""."""

    total: int
    sentence: str
    note: str = ""


DELETION_EFFECTS: list[Callable[[Project], DeletionEffect]] = []


def deletion_effects(project: Project) -> list[DeletionEffect]:
    """One statement per line; lines that count nothing are left out."""
    return [effect for effect_of in DELETION_EFFECTS if (effect := effect_of(project)).total]
