"""A path from before a move leads to where the project or group is now, for whoever may see it there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from projects.models import FormerPath
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.result import Access, T
from tokenaccess.policy import Action, Refusal
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.needs import NEEDS

_MAY_BE_ABSENT = frozenset({Refusal.HIDDEN, Refusal.SIGN_IN})


def follow_move(access: Access[T], id_or_path: IdOrPath, check: Callable[[IdOrPath], Access[T]]) -> Access[T]:
    """`access`, a no, or if that hides its target, what `check` says of the one that was at the path formerly.

    What is hidden and what is absent take the same steps: what was never moved is looked up as number 0.
    """
    kind = NEEDS[access.action].kind
    if id_or_path.path is None or not _may_have_moved(access):
        return access
    former = FormerPath.at_path(id_or_path.path).values_list(f"{kind}_id", flat=True).first()
    return _prefer(access, check(IdOrPath("id", former or 0)))


def follow_moves(
    asked: Sequence[tuple[IdOrPath, Access]],
    check: Callable[[Sequence[tuple[IdOrPath, Action]]], list[Access]],
) -> list[Access]:
    """As `follow_move`, of many questions about projects: one statement, and those of one `check`, if any path leads to
    nothing that the caller may see."""
    answers = [access for _, access in asked]
    paths = {
        number: name.path
        for number, (name, access) in enumerate(asked)
        if name.path is not None and _may_have_moved(access)
    }
    if not paths:
        return answers
    former = FormerPath.project_ids(set(paths.values()))
    questions = [
        (IdOrPath("id", former.get(path.lower(), 0)), answers[number].action) for number, path in paths.items()
    ]
    for number, moved in zip(paths, check(questions), strict=True):
        answers[number] = _prefer(answers[number], moved)
    return answers


def _may_have_moved(access: Access) -> bool:
    has_path = NEEDS[access.action].kind in {TargetKind.PROJECT, TargetKind.GROUP}
    return has_path and access.decision.refusal in _MAY_BE_ABSENT


def _prefer(access: Access[T], moved: Access[T]) -> Access[T]:
    return access if moved.decision.refusal in _MAY_BE_ABSENT else replace(moved, is_moved=True)
