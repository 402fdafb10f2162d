"""Protected branches and tags: what a role may do to a ref that protections name.

A protection names refs by a pattern, in which `*` stands for anything. Of several that name the same ref the most
generous counts, as in the original. A ref that none names is open to whoever may do the thing at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tokenaccess.policy.levels import Role


class Deed(StrEnum):
    """What is done to a ref."""

    PUSH = "push to"  # of a tag, and of a branch that is not there yet: create
    FORCE = "overwrite"  # so that commits it had are not in it any more; a tag: move
    MERGE = "merge into"
    DELETE = "delete"
    RUN = "run jobs on"


@dataclass(frozen=True, slots=True)
class Protection:
    """`push` and `merge` are the least roles, 0 for nobody; `push` is also who may create it. Tags know no `merge`."""

    pattern: str
    push: int
    merge: int = 0
    force: bool = False


@dataclass(frozen=True, slots=True)
class OnRef:
    """A deed on one branch or tag, with the protections that name it."""

    name: str
    tag: bool
    deed: Deed
    protections: tuple[Protection, ...] = ()

    def open_to(self, role: Role) -> bool:
        if not self.protections:
            return True
        pushes = any(_reaches(role, one.push) for one in self.protections)
        match self.deed:
            case Deed.PUSH:
                return pushes
            case Deed.FORCE:
                return pushes and not self.tag and any(one.force for one in self.protections)
            case Deed.MERGE:
                return self._merges(role)
            case Deed.RUN:
                return pushes or self._merges(role)
            case Deed.DELETE:
                return role >= Role.MAINTAINER

    def _merges(self, role: Role) -> bool:
        return any(_reaches(role, one.merge) for one in self.protections)


def _reaches(role: Role, least: int) -> bool:
    return least > 0 and role >= least


def matches(pattern: str, name: str) -> bool:
    """Letter by letter but for `*`. Takes the first place where each part fits, so that no pattern is slow."""
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
