"""The filters and the order that lists of access tokens have alike."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from api.input.fields import Boolean, Choice, Day, Moment, Text
from api.input.list_filters import ListFilters


class TokenFilters(ListFilters):
    """Of tokens that act as somebody: a person's, or those of projects and groups."""

    state = Choice(["active", "inactive"])
    revoked = Boolean()
    search = Text()
    created_after = Moment(source="created_at__gt")
    created_before = Moment(source="created_at__lt")
    last_used_after = Moment(source="last_used_at__gt")
    last_used_before = Moment(source="last_used_at__lt")
    expires_after = Day(source="expires_at__gt")
    expires_before = Day(source="expires_at__lt")
    sort = Choice(
        [f"{name}_{way}" for name in ("created", "expires", "last_used", "name") for way in ("asc", "desc")],
        default="created_desc",
    )

    options = frozenset({"sort"})
    columns = {"created": "created_at", "expires": "expires_at", "last_used": "last_used_at", "name": "name"}

    @classmethod
    def order(cls, rows: QuerySet[Any], values: dict[str, str]) -> QuerySet[Any]:  # type: ignore[override]
        field, _, way = values["sort"].rpartition("_")
        return rows.order_by(f"{'-' if way == 'desc' else ''}{cls.columns[field]}", "-id")

    def filter_state(self, rows: Any, state: str) -> Any:
        return rows.active() if state == "active" else rows.inactive()

    def filter_search(self, rows: Any, text: str) -> Any:
        return rows.search(text)
