"""What groups and projects tell by GraphQL wherever they are shown; each app adds what it knows of them."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from graph.context import context, gid
from projects import models


@strawberry.type
class Named:
    """How a group or project is called, in itself and from the top."""

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
class ShownGroup(Named):
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
class ShownProject(Named):
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
