"""Which branches and tags of a project are protected: the one place that says so.

What a protection allows is decided by the policy (`policy.protected_refs`), which the gate asks
(`gate.is_allowed_on_ref`).
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import Self

from projects.models import Project, ProtectedRef
from projects.repository import Ref, Repository, is_full_id, parse_ref
from tokenaccess.policy.protected_refs import ProtectedRefContext, Protection, RefOperation, matches

# What somebody is told who is refused, in GitLab's words.
NO_PUSH = "You are not allowed to push code to protected branches on this project."
NO_FORCE_PUSH = "You are not allowed to force push code to a protected branch on this project."
NO_NEW_BRANCH = "You are not allowed to create protected branches on this project."
NO_BRANCH_DELETION = (
    "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete "
    "a protected branch."
)
NO_ID_AS_BRANCH = "You cannot create a branch with a SHA-1 or SHA-256 branch name."
NO_ID_AS_TAG = "You cannot create a tag with a SHA-1 or SHA-256 tag name."
NO_NEW_TAG = "You are not allowed to create this tag as it is protected."
NO_TAG_MOVE = "Protected tags cannot be updated."
NO_TAG_DELETION = (
    "You are not allowed to delete protected tags from this project. Only a project maintainer or owner can delete a "
    "protected tag."
)


class Protections:
    """Of one project. Loaded with the first question, in one statement, however many refs are asked about."""

    def __init__(self, project: Project | int) -> None:
        self.project_id = project if isinstance(project, int) else project.pk

    @classmethod
    def of_many(cls, project_ids: Collection[int]) -> dict[int, Self]:
        """Of each of several projects, there or not. One statement."""
        found = {number: cls(number) for number in project_ids}
        for one in found.values():
            one._all = []
        for row in ProtectedRef.objects.filter(project_id__in=found):
            found[row.project_id]._all.append((row.tag, row.protection))
        return found

    @cached_property
    def _all(self) -> list[tuple[bool, Protection]]:
        rows = ProtectedRef.objects.filter(project_id=self.project_id)
        return [(row.tag, row.protection) for row in rows]

    def matching(self, name: str, *, tag: bool = False) -> tuple[Protection, ...]:
        """Those that name it."""
        return tuple(one for is_tag, one in self._all if is_tag == tag and matches(one.pattern, name))

    def protects(self, name: str, *, tag: bool = False) -> bool:
        return bool(self.matching(name, tag=tag))

    def context(self, name: str, *, operation: RefOperation, tag: bool = False) -> ProtectedRefContext:
        """For the gate to judge."""
        return ProtectedRefContext(name, tag, operation, self.matching(name, tag=tag))


def find_ref(project: Project, name: str) -> Ref | None:
    """The branch or tag that something runs on. Of a branch and a tag of one name it is the protected one, else the
    branch: whoever may push must not put a branch of their own in the place of a tag that is kept from them.
    `refs/tags/v1` is that tag. A full id names neither (Repository.find)."""
    short, is_tag = parse_ref(name)
    if is_full_id(short):
        return None
    repository = Repository(project.repository_path)
    branch, tag = repository.branch(short), repository.tag(short)
    if is_tag is not None:
        return tag if is_tag else branch
    if branch is not None and tag is not None:
        protections = Protections(project)
        if protections.protects(short, tag=True) and not protections.protects(short):
            return tag
    return branch or tag
