"""Pages of a list, in headers (resources.md §0.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from config.secret_parameters import without_secrets

PER_PAGE = 20
MOST_PER_PAGE = 100
# Past this page number an offset no longer fits the databases' integers; such a page is simply empty.
LAST_PAGE = 10**12


def _number(request: HttpRequest | Request, name: str, default: int) -> int:
    raw = request.GET.get(name, "")
    return max(int(raw), 1) if raw.isascii() and raw.isdigit() and len(raw) < 15 else default


class Pages(BasePagination):
    """`page` and `per_page` in; `X-Total`, `X-Page`, `Link` … out. The body stays a plain array.

    A list too long to count is `counted=False`: its `total` only reaches to the next page, and is not told.
    """

    counted = True

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.read(request)
        self.total = queryset.count() if isinstance(queryset, QuerySet) else len(queryset)
        if self.start >= self.total:
            return []
        return list(queryset[self.start : self.start + self.per_page])

    def read(self, request: Request) -> None:
        self.request = request
        self.page = min(_number(request, "page", 1), LAST_PAGE)
        self.per_page = min(_number(request, "per_page", PER_PAGE), MOST_PER_PAGE)
        self.start = (self.page - 1) * self.per_page

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data, headers=self.headers())

    def headers(self) -> dict[str, str]:
        pages = max(-(-self.total // self.per_page), 1)
        following = self.page + 1 if self.page < pages else None
        previous = self.page - 1 if self.page > 1 else None
        links = {"prev": previous, "next": following, "first": 1, "last": pages if self.counted else None}
        totals = {"X-Total": str(self.total), "X-Total-Pages": str(pages)} if self.counted else {}
        return {
            **totals,
            "X-Page": str(self.page),
            "X-Per-Page": str(self.per_page),
            "X-Next-Page": str(following or ""),
            "X-Prev-Page": str(previous or ""),
            "Link": ", ".join(f'<{self._address(page)}>; rel="{name}"' for name, page in links.items() if page),
        }

    def _address(self, page: int) -> str:
        query = self.request.GET.copy()
        query["page"], query["per_page"] = str(page), str(self.per_page)
        return self.request.build_absolute_uri(without_secrets(f"{self.request.path}?{query.urlencode()}"))


def paged(request: Request, rows: QuerySet[Any] | list[Any], render: Any) -> Response:
    """One page of `rows`, each rendered by `render(row)`, with the paging headers."""
    pages = Pages()
    page = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response([render(row) for row in page])


def paged_together(
    request: Request, rows: QuerySet[Any] | list[Any], render: Callable[[list[Any]], list[Any]]
) -> Response:
    """As `paged`, for rows whose rendering needs look-ups: `render` gets the whole page, to ask once for all."""
    pages = Pages()
    return pages.get_paginated_response(render(pages.paginate_queryset(rows, request)))


def paged_uncounted(request: Request, fetch: Callable[[int, int], Sequence[Any]], render: Any) -> Response:
    """A page of something too long to count: `fetch(limit, offset)`. No totals and no last page (resources.md §0.4)."""
    pages = Pages()
    pages.counted = False
    pages.read(request)
    # One more than shown tells whether there is a next page.
    found = fetch(pages.per_page + 1, pages.start)
    pages.total = pages.start + len(found)
    return pages.get_paginated_response([render(row) for row in found[: pages.per_page]])
