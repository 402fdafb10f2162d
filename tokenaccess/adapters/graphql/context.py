"""What the resolvers of one request share: the caller, results loaded for many rows at once, and user-facing errors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import strawberry
from django.http import HttpRequest
from graphql import GraphQLError
from strawberry.types import Info

from identity.models import User
from text.numbers import parse_number
from tokenaccess.access.gate import check
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.request_state import request_state
from tokenaccess.access.result import Access
from tokenaccess.adapters import denial_id
from tokenaccess.policy import Action

# GitLab's sentence for whatever the caller may not touch, there or not (job-token.md §4).
NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)
MAX_LISTS = 50

R = TypeVar("R")


class UserFacingError(GraphQLError):
    """An error whose message is shown to the caller. Any other becomes "Internal server error"."""


@dataclass
class Context:
    """`user`: the caller, None for a visitor. A job counts as a visitor here (job-token.md §1.4).

    `outage`: no field's fault; it ends the request as it does everywhere.
    """

    request: HttpRequest
    user: User | None
    lists: int = 0
    outage: Exception | None = None
    _loaded: dict[tuple[str, int], tuple[Sequence[Any], Any]] = field(default_factory=dict)

    def load_once(self, name: str, among: Sequence[Any], find: Callable[[], R]) -> R:
        """Call `find` once for all of `among` and return the same result for each of them."""
        key = (name, id(among))
        if key not in self._loaded:
            self._loaded[key] = (among, find())  # `among` is kept, so that its id stays its own
        found: R = self._loaded[key][1]
        return found

    def count_list(self, rows: R) -> R:
        """Count one more list. Lists within lists multiply, so a request may open only MAX_LISTS of them."""
        self.lists += 1
        if self.lists > MAX_LISTS:
            raise UserFacingError(f"A request may open at most {MAX_LISTS} lists.")
        return rows

    def url(self, path: str) -> str:
        return self.request.build_absolute_uri(f"/{path}")


def context(info: Info) -> Context:
    found: Context = info.context
    return found


def require(info: Info, action: Action, path: str) -> Access:
    """Authorize a change; raises UserFacingError with the sentence of the contract."""
    here: Context = info.context
    access = check(here.request, action, IdOrPath.of_path(path))
    if access.decision.reason is not None:
        request_state(here.request).denial_id = denial_id.encode(access)
        raise UserFacingError(NOT_AVAILABLE)
    return access


def gid(kind: str, pk: int) -> strawberry.ID:
    return strawberry.ID(f"gid://gitlab/{kind}/{pk}")


def pk_of(kind: str, gid_: str) -> int:
    """Raises UserFacingError for what is no id of that kind. Plain numbers are taken too."""
    number = parse_number(gid_.removeprefix(f"gid://gitlab/{kind}/"))
    if number is not None:
        return number
    raise UserFacingError(f"{gid_[:80]!r} is no id of a {kind.lower()}.")
