"""Protected branches and tags: what a role may do to a ref that protections name.

A protection matches refs by a pattern in which `*` matches any text. If several match the same ref, the most permissive
one applies, as in GitLab. An unprotected ref is open to everyone who may perform the action at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tokenaccess.policy.levels import Role


class RefOperation(StrEnum):
    """What is done to a ref. The values are words of a sentence."""

    PUSH = "push to"  # of a tag, and of a branch that is not there yet: create
    FORCE_PUSH = "overwrite"  # so that commits it had are not in it any more; a tag: move
    MERGE = "merge into"
    DELETE = "delete"
    RUN = "run jobs on"


@dataclass(frozen=True, slots=True)
class Protection:
    """`push` (also: create) and `merge` are minimum roles, 0 for nobody. Tags have no `merge`."""

    pattern: str
    push: int
    merge: int = 0
    force: bool = False


@dataclass(frozen=True, slots=True)
class ProtectedRefContext:
    """An operation on one branch or tag, with the protections that match it."""

    name: str
    tag: bool
    operation: RefOperation
    protections: tuple[Protection, ...] = ()

    def allows(self, role: Role) -> bool:
        if not self.protections:
            return True
        pushes = any(_suffices(role, protection.push) for protection in self.protections)
        match self.operation:
            case RefOperation.PUSH:
                return pushes
            case RefOperation.FORCE_PUSH:
                return pushes and not self.tag and any(protection.force for protection in self.protections)
            case RefOperation.MERGE:
                return self._allows_merge(role)
            case RefOperation.RUN:
                return pushes or self._allows_merge(role)
            case RefOperation.DELETE:
                return role >= Role.MAINTAINER

    def _allows_merge(self, role: Role) -> bool:
        return any(_suffices(role, protection.merge) for protection in self.protections)


def _suffices(role: Role, least: int) -> bool:
    return least > 0 and role >= least


def matches(pattern: str, name: str) -> bool:
    """Compares literally except for `*`. Each part matches at its first position, so that no pattern is slow."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    last, end = rest.pop(), len(name)
    if len(first) + len(last) > end or not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), end - len(last)
    for part in rest:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True
