"""The fields that groups and projects have wherever GraphQL shows them; each app adds its own."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from projects import models
from tokenaccess.adapters.graphql.context import context, gid


@strawberry.type
class NamespaceNode:
    """The names of a group or project."""

    row: strawberry.Private[models.Group | models.Project]

    @strawberry.field
    def name(self) -> str:
        return self.row.name

    @strawberry.field
    def path(self) -> str:
        return self.row.path

    @strawberry.field
    def full_path(self) -> strawberry.ID:
        return strawberry.ID(self.row.full_path)


@strawberry.type
class GroupNode(NamespaceNode):
    row: strawberry.Private[models.Group]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return gid("Group", self.row.pk)

    @strawberry.field
    def web_url(self, info: Info) -> str:
        return context(info).url(f"groups/{self.row.full_path}")

    @strawberry.field
    def avatar_url(self) -> str | None:
        return None


@strawberry.type
class ProjectNode(NamespaceNode):
    row: strawberry.Private[models.Project]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return gid("Project", self.row.pk)

    @strawberry.field
    def web_url(self, info: Info) -> str:
        return context(info).url(self.row.full_path)

    @strawberry.field
    def avatar_url(self) -> str | None:
        return None
