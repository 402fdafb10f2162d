"""What entries of all allowlists tell, of projects and of groups: GitLab's fields, and ours beside them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from identity.graph import User
from projects import models
from tokenaccess.adapters.graphql.context import gid
from tokenaccess.adapters.graphql.targets import GroupNode, ProjectNode
from tokenaccess.graph.enums import Permission
from tokenaccess.models.list_entry import ListEntry


@strawberry.type(name="CiJobTokenNamespace")
class ListedNamespace:
    """The group a listed project lies in, by name only."""

    row: strawberry.Private[models.Group]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return gid("Group", self.row.pk)

    @strawberry.field
    def full_path(self) -> strawberry.ID:
        return strawberry.ID(self.row.full_path)


@strawberry.type(name="CiJobTokenAccessibleProject")
class ListedProject(ProjectNode):
    """A project as a list shows it, also to a maintainer of the list who may not read that project."""

    @strawberry.field
    def namespace(self) -> ListedNamespace:
        return ListedNamespace(row=self.row.group)


@strawberry.type(name="CiJobTokenAccessibleGroup")
class ListedGroup(GroupNode):
    pass


Target = Annotated[ListedProject | ListedGroup, strawberry.union("CiJobTokenScopeTarget")]


def target_of(entry: ListEntry) -> ListedProject | ListedGroup:
    target = entry.target
    return ListedProject(row=target) if isinstance(target, models.Project) else ListedGroup(row=target)


@strawberry.type(name="CiJobTokenEntryConditions")
class EntryConditions:
    """What the job must be besides; false and empty ask nothing."""

    given: strawberry.Private[dict[str, Any]]

    @strawberry.field
    def protected_refs(self) -> bool:
        return bool(self.given.get("protected_refs"))

    @strawberry.field
    def no_forks(self) -> bool:
        return bool(self.given.get("no_forks"))

    @strawberry.field
    def no_manual_retries(self) -> bool:
        return bool(self.given.get("no_manual_retries"))

    @strawberry.field
    def branches(self) -> list[str]:
        return self._values("branches")

    @strawberry.field
    def tags(self) -> list[str]:
        return self._values("tags")

    @strawberry.field
    def environments(self) -> list[str]:
        return self._values("environments")

    @strawberry.field
    def pipeline_sources(self) -> list[str]:
        return self._values("pipeline_sources")

    @strawberry.field
    def runner_tags(self) -> list[str]:
        return self._values("runner_tags")

    @strawberry.field
    def runner_networks(self) -> list[str]:
        return self._values("runner_networks")

    def _values(self, key: str) -> list[str]:
        return list(self.given.get(key, ()))


@strawberry.type
class EntryFields:
    row: strawberry.Private[ListEntry]

    @strawberry.field
    def default_permissions(self) -> bool:
        return self.row.default_permissions

    @strawberry.field
    def job_token_policies(self) -> list[Permission]:
        return [Permission(name) for name in self.row.permissions]

    @strawberry.field
    def added_by(self) -> User | None:
        return None if self.row.added_by is None else User(row=self.row.added_by)

    @strawberry.field
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field
    def reason(self) -> str:
        return self.row.reason

    @strawberry.field
    def owner(self) -> User | None:
        """Who answers for it."""
        return None if self.row.owner is None else User(row=self.row.owner)

    @strawberry.field
    def expires_at(self) -> date | None:
        """From this day on, in UTC, it admits nobody."""
        return self.row.expires_at

    @strawberry.field
    def suspended(self) -> bool:
        return self.row.suspended_at is not None

    @strawberry.field
    def conditions(self) -> EntryConditions:
        return EntryConditions(given=self.row.conditions)
