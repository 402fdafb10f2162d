"""Groups and projects in GraphQL: what an API client expects of them. `graph.schema` adds what other apps know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import strawberry
from strawberry.types import Info

from projects import models
from projects.repository.addresses import ssh_address
from tokenaccess.adapters.graphql.context import context, gid
from tokenaccess.adapters.graphql.targets import GroupNode, NamespaceNode, ProjectNode


@strawberry.type
class DescriptionFields(NamespaceNode):
    @strawberry.field
    def description(self) -> str:
        return self.row.description

    @strawberry.field
    def visibility(self) -> str:
        return self.row.visibility_name


@strawberry.type(name="Namespace")
class Namespace(DescriptionFields):
    """A group, or a person's own namespace."""

    row: strawberry.Private[models.Group]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return gid("Namespace" if self.row.person_id else "Group", self.row.pk)


@strawberry.type
class GroupFields(GroupNode, DescriptionFields):
    row: strawberry.Private[models.Group]


@strawberry.type
class ProjectFields(ProjectNode, DescriptionFields):
    """`among`: the projects that are shown together with this one, so that questions are asked for all at once."""

    row: strawberry.Private[models.Project]
    among: strawberry.Private[Sequence[models.Project]]

    @strawberry.field
    def namespace(self) -> Namespace:
        return Namespace(row=self.row.group)

    @strawberry.field
    def archived(self) -> bool:
        return self.row.archived

    @strawberry.field
    def created_at(self) -> datetime:
        return self.row.created_at

    @strawberry.field
    def last_activity_at(self) -> datetime:
        return self.row.last_activity_at

    @strawberry.field
    def ssh_url_to_repo(self) -> str:
        return ssh_address(self.row)

    @strawberry.field
    def http_url_to_repo(self, info: Info) -> str:
        return context(info).url(f"{self.row.full_path}.git")
