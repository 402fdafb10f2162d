"""People and their tokens."""

from __future__ import annotations

from typing import Any

import factory.django
from factory.declarations import LazyAttribute, Sequence

from identity.credentials.table import Prefix
from identity.models import PersonalToken, User
from identity.secrets import digest, mint


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = Sequence(lambda number: f"person{number}")
    name = LazyAttribute(lambda user: user.username.capitalize())
    email = LazyAttribute(lambda user: f"{user.username}@example.org")
    password = factory.django.Password("let me in please")


def person(username: str, **fields: Any) -> User:
    return UserFactory.create(username=username, **fields)


def token_for(user: User, scopes: tuple[str, ...] = ("api",), **fields: Any) -> str:
    """The plain text of a new personal token."""
    secret = mint(Prefix.PERSONAL)
    PersonalToken.objects.create(user=user, name="test", scopes=list(scopes), digest=digest(secret), **fields)
    return secret
