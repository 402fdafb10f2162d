"""Lists in pages: `nodes`, `edges`, `pageInfo`, `count`; `first`/`after` and `last`/`before` choose the page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import strawberry
from django.db.models import QuerySet
from strawberry.annotation import StrawberryAnnotation
from strawberry.extensions.field_extension import FieldExtension
from strawberry.types import Info
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from tokenaccess.adapters.graphql.context import UserFacingError, context

MAX_PAGE_SIZE = 100
_MAX_POSITION = 10**12

T = TypeVar("T")


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[T]):
    cursor: str
    node: T


@dataclass(frozen=True)
class Window:
    """Which part of a list: from `start` to before `end`; `last` counts from the end, not known yet."""

    start: int
    end: int | None
    last: int | None

    @classmethod
    def of(cls, first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
        for name, number in (("first", first), ("last", last)):
            if number is not None and number < 0:
                raise UserFacingError(f"{name} must not be negative.")
        start = 0 if after is None else _position(after) + 1
        end = None if before is None else _position(before)
        if first is not None or last is None:
            most = start + min(MAX_PAGE_SIZE if first is None else first, MAX_PAGE_SIZE)
            end = most if end is None else min(end, most)
        return cls(start, end, None if last is None else min(last, MAX_PAGE_SIZE))


@strawberry.type
class Connection(Generic[T]):
    """`to_nodes` turns the rows of one page into nodes, all at once, so that it may look things up for all of them."""

    rows: strawberry.Private[QuerySet[Any]]
    to_nodes: strawberry.Private[Callable[[Sequence[Any]], list[Any]]]
    window: strawberry.Private[Window] = Window(0, MAX_PAGE_SIZE, None)

    @strawberry.field
    def nodes(self) -> list[T]:
        return self._page[0]

    @strawberry.field
    def edges(self) -> list[Edge[T]]:
        nodes, start, _ = self._page
        return [Edge(cursor=_cursor(place), node=node) for place, node in enumerate(nodes, start)]

    @strawberry.field
    def page_info(self) -> PageInfo:
        nodes, start, more = self._page
        end = start + len(nodes) - 1
        return PageInfo(
            has_next_page=more,
            has_previous_page=start > 0,
            start_cursor=_cursor(start) if nodes else None,
            end_cursor=_cursor(end) if nodes else None,
        )

    @strawberry.field
    def count(self) -> int:
        return self._total

    @cached_property
    def _total(self) -> int:
        return self.rows.count()

    @cached_property
    def _page(self) -> tuple[list[Any], int, bool]:
        """The nodes, the position of the first of them, and whether there are more behind the last."""
        start, end = self.window.start, self.window.end
        if self.window.last is not None:
            end = self._total if end is None else min(end, self._total)
            start = max(start, end - self.window.last)
        end = max(start + MAX_PAGE_SIZE if end is None else end, start)
        found = list(self.rows[start : end + 1])
        return self.to_nodes(found[: end - start]), start, len(found) > end - start


class _Paging(FieldExtension):
    """Adds the four paging arguments to a field that returns a Connection, and counts the list."""

    def apply(self, field: StrawberryField) -> None:
        types: dict[str, Any] = {"first": int | None, "after": str | None, "last": int | None, "before": str | None}
        field.arguments = [
            *field.arguments,
            *(StrawberryArgument(name, None, StrawberryAnnotation(kind), default=None) for name, kind in types.items()),
        ]

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **arguments: Any) -> Any:
        window = Window.of(*(arguments.pop(name, None) for name in ("first", "after", "last", "before")))
        connection = next_(source, info, **arguments)
        if connection is not None:
            context(info).count_list(connection).window = window
        return connection


def connection(**options: Any) -> Any:
    """As `strawberry.field`, for a resolver that returns a Connection."""
    return strawberry.field(extensions=[_Paging()], **options)


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(b"%d" % place).decode()


def _position(cursor: str) -> int:
    try:
        place = int(base64.urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, binascii.Error, UnicodeEncodeError):
        raise UserFacingError("That is no cursor of this list.") from None
    if not 0 <= place <= _MAX_POSITION:
        raise UserFacingError("That is no cursor of this list.")
    return place
