"""People in GraphQL."""

from __future__ import annotations

import strawberry
from strawberry.types import Info

from identity import models
from tokenaccess.adapters.graphql.context import context, gid


@strawberry.type(name="UserCore")
class User:
    """What anyone who may see a person's name somewhere may know of them."""

    row: strawberry.Private[models.User]

    @strawberry.field
    def id(self) -> strawberry.ID:
        return gid("User", self.row.pk)

    @strawberry.field
    def username(self) -> str:
        return self.row.username

    @strawberry.field
    def name(self) -> str:
        return self.row.get_full_name()

    @strawberry.field
    def state(self) -> str:
        return self.row.state

    @strawberry.field
    def active(self) -> bool:
        return self.row.is_active

    @strawberry.field
    def web_url(self, info: Info) -> str:
        return context(info).url("" if self.row.is_bot else self.row.username)

    @strawberry.field
    def avatar_url(self) -> str | None:
        return None


@strawberry.type(name="CurrentUser")
class CurrentUser(User):
    """Oneself."""

    @strawberry.field
    def email(self) -> str:
        return self.row.email

    @strawberry.field
    def external(self) -> bool:
        return self.row.is_external


@strawberry.type
class PeopleQuery:
    @strawberry.field
    def current_user(self, info: Info) -> CurrentUser | None:
        """Who asks; null for a visitor, and for a job."""
        user = context(info).user
        return None if user is None else CurrentUser(row=user)
