"""Protected branches and tags as JSON, in the original's keys."""

from __future__ import annotations

from typing import Any

from projects.choices import REF_LEVELS
from projects.models import ProtectedRef

_WORDS = dict(REF_LEVELS)


def protected_branch_json(protected: ProtectedRef) -> dict[str, Any]:
    return {
        "id": protected.pk,
        "name": protected.name,
        "push_access_levels": _levels(protected, protected.push_level),
        "merge_access_levels": _levels(protected, protected.merge_level),
        "allow_force_push": protected.allow_force_push,
    }


def protected_tag_json(protected: ProtectedRef) -> dict[str, Any]:
    return {"name": protected.name, "create_access_levels": _levels(protected, protected.push_level)}


def _levels(protected: ProtectedRef, level: int) -> list[dict[str, Any]]:
    """There is one level each here; the original has a list, and gives each entry an id."""
    return [{"id": protected.pk, "access_level": level, "access_level_description": _WORDS[level]}]
