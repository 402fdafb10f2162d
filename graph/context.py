"""What the resolvers of one request share: who asks, what was looked up already, and how an error is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import strawberry
from django.http import HttpRequest
from graphql import GraphQLError
from strawberry.types import Info

from config.params import BIGINT
from identity.models import User
from tokenaccess import reasons
from tokenaccess.gate import Access, ask
from tokenaccess.policy import Action
from tokenaccess.reference import Reference

# The original's sentence for whatever the caller may not touch, there or not (job-token.md §4).
NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)
MOST_LISTS = 50

R = TypeVar("R")


class Told(GraphQLError):
    """An error whose words are meant for the caller. Any other becomes "Internal server error"."""


@dataclass
class Context:
    """`user`: the person who asks, None for a visitor. A job is nobody here (job-token.md §1.4)."""

    request: HttpRequest
    user: User | None
    lists: int = 0
    _known: dict[tuple[str, int], tuple[Sequence[Any], Any]] = field(default_factory=dict)

    def once(self, name: str, among: Sequence[Any], find: Callable[[], R]) -> R:
        """What `find` says about all of `among`, asked once for them together and not for each of them."""
        key = (name, id(among))
        if key not in self._known:
            self._known[key] = (among, find())  # `among` is kept, so that its id stays its own
        found: R = self._known[key][1]
        return found

    def opened(self, rows: R) -> R:
        """Counts one more list. Lists within lists multiply: a request opens so many and no more."""
        self.lists += 1
        if self.lists > MOST_LISTS:
            raise Told(f"A request may open at most {MOST_LISTS} lists.")
        return rows

    def url(self, path: str) -> str:
        return self.request.build_absolute_uri(f"/{path}")


def context(info: Info) -> Context:
    found: Context = info.context
    return found


def require(info: Info, action: Action, path: str) -> Access:
    """The gate's yes for a change, or the contract's sentence."""
    here = context(info)
    access = ask(here.request, action, Reference.of_path(path))
    if not access.decision.allowed:
        here.request.refusal_header = reasons.seal(access)  # type: ignore[attr-defined]
        raise Told(NOT_AVAILABLE)
    return access


def gid(kind: str, pk: int) -> strawberry.ID:
    return strawberry.ID(f"gid://gitlab/{kind}/{pk}")


def pk_of(kind: str, gid_: str) -> int:
    """Raises Told for what is no id of that kind. Plain numbers are taken too."""
    number = gid_.removeprefix(f"gid://gitlab/{kind}/")
    if number.isascii() and number.isdecimal() and len(number) < 20 and int(number) <= BIGINT:
        return int(number)
    raise Told(f"{gid_[:80]!r} is no id of a {kind.lower()}.")
