"""What a job leaves of its own token: the permissions it needs, and the projects it will reach (job-token.md §2.5).

    Narrowing.parse("read_packages acme/library")

A narrowing only takes away. Words: the permissions of an allowlist entry, paths of projects, `$CI_PROJECT_PATH` for the
job's own project, and `none`, which stands alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from tokenaccess.policy.permissions import Permission, covers

VARIABLE = "TOKEN_ACCESS"
NONE = "none"
OWN_PROJECT = frozenset({"$CI_PROJECT_PATH", "${CI_PROJECT_PATH}"})
MAX_PROJECTS = 200  # as many as a list may hold
MAX_TEXT = 20_000
PERMISSIONS = frozenset(map(str, Permission))
_PATH = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+")


class BadNarrowing(ValueError):
    """`word`: the one that is wrong, "" if none by itself is. The message continues a sentence about it."""

    def __init__(self, message: str, word: str = "") -> None:
        super().__init__(message)
        self.word = word


class Narrowing(NamedTuple):
    """`permissions`: None for all, also what none of them grants. `projects`: paths in lower case; None for all."""

    permissions: frozenset[str] | None = None
    projects: frozenset[str] | None = None

    @classmethod
    def parse(cls, text: str, own_path: str = "") -> Narrowing:
        """`own_path`: of the job's project; without one `$CI_PROJECT_PATH` stays as it is. Raises BadNarrowing."""
        words = text.replace(",", " ").split()
        if not words:
            raise BadNarrowing(f"it is empty; write what the job needs, or {NONE}.")
        if NONE in words:
            if set(words) != {NONE}:
                raise BadNarrowing("it stands alone.", NONE)
            return NOTHING
        if len(text) > MAX_TEXT:
            raise BadNarrowing(f"it is longer than {MAX_TEXT} characters.")
        permissions = frozenset(words) & PERMISSIONS
        projects = frozenset(_path(word, own_path) for word in words if word not in PERMISSIONS)
        if len(projects) > MAX_PROJECTS:
            raise BadNarrowing(f"it names {len(projects)} projects; {MAX_PROJECTS} are allowed.")
        return cls(permissions or None, projects or None)

    def __str__(self) -> str:
        """The words in one order, each once: `parse` makes the same of them."""
        if not self.leaves_anything:
            return NONE
        held = self.permissions or frozenset()
        names = [name for name in Permission if name in held and not _follows(name, held)]
        return " ".join([*names, *sorted(self.projects or ())])

    @property
    def leaves_anything(self) -> bool:
        return self.permissions != frozenset() and self.projects != frozenset()

    def reaches(self, path: str) -> bool:
        return self.projects is None or path.lower() in self.projects

    def grants(self, permissions: tuple[Permission, ...]) -> bool:
        """Whether what takes all of `permissions` is left. What no permission grants is left only with all of them."""
        held = self.permissions
        return held is None or (bool(permissions) and all(covers(held, wanted) for wanted in permissions))

    def intersect(self, other: Narrowing) -> Narrowing:
        """What both leave."""
        both = Narrowing(
            _both(_with_reading(self.permissions), _with_reading(other.permissions)),
            _both(self.projects, other.projects),
        )
        return both if both.leaves_anything else NOTHING


NOTHING = Narrowing(frozenset())


@lru_cache(maxsize=1024)
def narrowing_of(stored: str) -> Narrowing | None:
    """Of the text that `str` made; None for an empty one. What cannot be read leaves nothing."""
    if not stored:
        return None
    try:
        return Narrowing.parse(stored)
    except BadNarrowing:
        return NOTHING


def _path(word: str, own_path: str) -> str:
    if word in OWN_PROJECT:
        return own_path.lower() or "$CI_PROJECT_PATH"
    if not _PATH.fullmatch(word):
        raise BadNarrowing("it is neither a permission nor the path of a project.", word)
    return word.lower()


def _follows(name: str, held: frozenset[str]) -> bool:
    """`read_x` where there is `admin_x`."""
    return name.startswith("read_") and name.replace("read_", "admin_", 1) in held


def _with_reading(permissions: frozenset[str] | None) -> frozenset[str] | None:
    """`admin_x` grants `read_x` too, so that the two have that in common."""
    if permissions is None:
        return None
    return permissions | ({name.replace("admin_", "read_", 1) for name in permissions} & PERMISSIONS)


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other
