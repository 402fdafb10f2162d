"""Which branches and tags of a project are protected: the one place that says so.

What a protection lets a person do is the policy's word (`tokenaccess.policy.refs`, asked through `tokenaccess.refs`).
"""

from __future__ import annotations

from functools import cached_property

from projects.models import Project, ProtectedRef
from projects.repository import Ref, Repository, is_full_id
from tokenaccess.policy.refs import Deed, OnRef, Protection, matches

# What somebody is told who is refused, in the original's words.
NO_PUSH = "You are not allowed to push code to protected branches on this project."
NO_FORCE_PUSH = "You are not allowed to force push code to a protected branch on this project."
NO_NEW_BRANCH = "You are not allowed to create protected branches on this project."
NO_BRANCH_DELETION = (
    "You are not allowed to delete protected branches from this project. Only a project maintainer or owner can delete "
    "a protected branch."
)
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

    @cached_property
    def _known(self) -> list[tuple[bool, Protection]]:
        rows = ProtectedRef.objects.filter(project_id=self.project_id)
        return [(row.tag, row.protection) for row in rows]

    def of(self, name: str, *, tag: bool = False) -> tuple[Protection, ...]:
        """Those that name it."""
        return tuple(one for is_tag, one in self._known if is_tag == tag and matches(one.pattern, name))

    def protects(self, name: str, *, tag: bool = False) -> bool:
        return bool(self.of(name, tag=tag))

    def on(self, name: str, *, deed: Deed, tag: bool = False) -> OnRef:
        """For the gate to judge."""
        return OnRef(name, tag, deed, self.of(name, tag=tag))


def find_ref(project: Project, name: str) -> Ref | None:
    """The branch or tag that something runs on. Of a branch and a tag of one name it is the protected one, else the
    branch: whoever may push must not put a branch of their own in the place of a tag that is kept from them. A full
    id names neither (Repository.find)."""
    if is_full_id(name):
        return None
    repository = Repository(project.repository_path)
    branch, tag = repository.branch(name), repository.tag(name)
    if branch is not None and tag is not None:
        protections = Protections(project)
        if protections.protects(name, tag=True) and not protections.protects(name):
            return tag
    return branch or tag
