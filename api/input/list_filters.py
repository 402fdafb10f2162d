"""The filters and the order of a list, as one declared table.

class JobFilters(ListFilters):
    status = Choice(State.values)                        # rows.filter(status=…)
    finished_after = Moment(source="finished_at__gt")    # a field's source is the look-up
    scope = Words(State.values)
    failed = Flag(status="failed")                       # only when it is true
    orders = {"id": "id", "finished_at": "finished_at"}  # order_by=…, and sort=asc|desc
    def filter_scope(self, rows, value): ...             # anything that is more than one look-up
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db.models import Q, QuerySet

from api.input.fields import Boolean, Choice
from api.input.parameters import Parameters

MAX_SEARCH = 255
Rows = TypeVar("Rows", bound=QuerySet[Any])


def only_order(by: str, sort: str) -> dict[str, str]:
    """Entries of `unsupported`, for a list that has one order: who goes on by keyset names it (resources.md §0.4)."""
    return {"order_by": by, "sort": sort}


class Flag(Boolean):
    """Filters by `lookup` when it is true; false asks for nothing. Without a lookup every row is what it asks for."""

    def __init__(self, **lookup: Any) -> None:
        self.lookup = lookup
        super().__init__()


class ListFilters(Parameters):
    # The API's name → the look-up; the id settles ties, so that pages never overlap.
    orders: ClassVar[Mapping[str, str]] = {}
    default_order: ClassVar[tuple[str, str]] = ("id", "desc")
    # Parameters that choose no rows: the view reads them.
    options: ClassVar[frozenset[str]] = frozenset()

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        if self.orders:
            by, sort = self.default_order
            fields["order_by"] = Choice(self.orders, default=by)
            fields["sort"] = Choice(["asc", "desc"], default=sort)
        return fields

    @classmethod
    def apply(cls, rows: Rows, values: Mapping[str, Any]) -> Rows:
        """`rows` filtered and in order; `values` as `read` gave them."""
        return cls.order(cls.filter(rows, values), values)

    @classmethod
    def filter(cls, rows: Rows, values: Mapping[str, Any]) -> Rows:
        reader = cls.reader()
        apart = {"order_by", "sort", *cls.options}
        for name, field in reader.fields.items():
            if name in apart or field.source not in values:
                continue
            value = values[str(field.source)]
            by = getattr(reader, f"filter_{name}", None)
            if by is not None:
                rows = by(rows, value)
            elif not isinstance(field, Flag):
                rows = rows.filter(**{str(field.source): value})
            elif value:
                rows = rows.filter(**field.lookup)
        return rows

    @classmethod
    def order(cls, rows: Rows, values: Mapping[str, Any]) -> Rows:
        sign = "-" if values["sort"] == "desc" else ""
        return rows.order_by(f"{sign}{cls.orders[values['order_by']]}", f"{sign}id")


def name_search(values: Mapping[str, Any]) -> Q:
    """`search`: in names and last parts of paths; words with a slash, or `search_namespaces`, in whole paths too.

    Empty without; what is hidden is not to be asked (`visible_to(user, that)`).
    """
    words = values.get("search")
    if not words:
        return Q()
    found = Q(name__icontains=words) | Q(path__icontains=words)
    if "/" in words or values.get("search_namespaces"):
        found |= Q(full_path__icontains=words)
    return found
