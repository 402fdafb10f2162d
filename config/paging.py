"""Pages of a list, in headers (resources.md §0.4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

PER_PAGE = 20
MOST_PER_PAGE = 100
# Past this page number an offset no longer fits the databases' integers; such a page is simply empty.
LAST_PAGE = 10**12

M = TypeVar("M", bound=Model)


def _number(request: HttpRequest | Request, name: str, default: int) -> int:
    raw = request.GET.get(name, "")
    return max(int(raw), 1) if raw.isascii() and raw.isdigit() and len(raw) < 15 else default


class Pages(BasePagination):
    """`page` and `per_page` in; `X-Total`, `X-Page`, `Link` … out. The body stays a plain array."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.request = request
        self.page = min(_number(request, "page", 1), LAST_PAGE)
        self.per_page = min(_number(request, "per_page", PER_PAGE), MOST_PER_PAGE)
        start = (self.page - 1) * self.per_page
        self.total = queryset.count() if isinstance(queryset, QuerySet) else len(queryset)
        if start >= self.total:
            return []
        return list(queryset[start : start + self.per_page])

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data, headers=self.headers())

    def headers(self) -> dict[str, str]:
        pages = max(-(-self.total // self.per_page), 1)
        following = self.page + 1 if self.page < pages else None
        previous = self.page - 1 if self.page > 1 else None
        links = {"prev": previous, "next": following, "first": 1, "last": pages}
        return {
            "X-Total": str(self.total),
            "X-Total-Pages": str(pages),
            "X-Page": str(self.page),
            "X-Per-Page": str(self.per_page),
            "X-Next-Page": str(following or ""),
            "X-Prev-Page": str(previous or ""),
            "Link": ", ".join(f'<{self._address(page)}>; rel="{name}"' for name, page in links.items() if page),
        }

    def _address(self, page: int) -> str:
        query = self.request.GET.copy()
        for secret in ("private_token", "job_token", "access_token", "token"):
            query.pop(secret, None)
        query["page"], query["per_page"] = str(page), str(self.per_page)
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")


def paged(request: Request, rows: QuerySet[M] | list[M], render: Any) -> Response:
    """One page of `rows`, each rendered by `render(row)`, with the paging headers."""
    pages = Pages()
    page: Iterable[M] = pages.paginate_queryset(rows, request)
    return pages.get_paginated_response([render(row) for row in page])
