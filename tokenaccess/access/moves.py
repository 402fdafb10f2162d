"""A path from before a move leads to where the project or group is now, for whoever may see it there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from projects.models import FormerPath
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.result import Access, T
from tokenaccess.policy import Refusal
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.needs import NEEDS

_MAY_BE_ABSENT = frozenset({Refusal.HIDDEN, Refusal.SIGN_IN})


def follow_move(access: Access[T], id_or_path: IdOrPath, check: Callable[[IdOrPath], Access[T]]) -> Access[T]:
    """`access`, or if that hides its target, what `check` says of the one that was at the path formerly.

    What is hidden and what is absent take the same steps: what was never moved is looked up as number 0.
    """
    kind = NEEDS[access.action].kind
    if id_or_path.path is None or access.decision.refusal not in _MAY_BE_ABSENT or not _has_path(kind):
        return access
    moved = check(IdOrPath(id=_former_id(kind, id_or_path.path)))
    return access if moved.decision.refusal in _MAY_BE_ABSENT else replace(moved, is_moved=True)


def _has_path(kind: TargetKind) -> bool:
    return kind in {TargetKind.PROJECT, TargetKind.GROUP}


def _former_id(kind: TargetKind, path: str) -> int:
    found = FormerPath.at_path(path).values_list(f"{kind}_id", flat=True).first()
    return found or 0
