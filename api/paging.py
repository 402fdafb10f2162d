"""Pages of a list, in headers (resources.md §0.4)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.secret_parameters import without_secrets
from api.sent_path import sent_path
from text.numbers import parse_number

PER_PAGE = 20
MAX_PER_PAGE = 100
# Past this page number an offset no longer fits the databases' integers; such a page is simply empty.
MAX_PAGE = 10**12


def _number(request: HttpRequest | Request, name: str, default: int) -> int:
    number = parse_number(request.GET.get(name, ""))
    return default if number is None else max(number, 1)


class HeaderPagination(BasePagination):
    """`page` and `per_page` in; `X-Total`, `X-Page`, `Link` … out. The body stays a plain array.

    A list too long to count is `counted=False`: its `total` only reaches to the next page, and is not told.
    """

    is_counted = True

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.read(request)
        self.total = queryset.count() if isinstance(queryset, QuerySet) else len(queryset)
        if self.start >= self.total:
            return []
        return list(queryset[self.start : self.start + self.per_page])

    def read(self, request: Request) -> None:
        self.request = request
        self.page = min(_number(request, "page", 1), MAX_PAGE)
        self.per_page = min(_number(request, "per_page", PER_PAGE), MAX_PER_PAGE)
        self.start = (self.page - 1) * self.per_page

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data, headers=self.headers())

    def headers(self) -> dict[str, str]:
        pages = max(-(-self.total // self.per_page), 1)
        following = self.page + 1 if self.page < pages else None
        previous = self.page - 1 if self.page > 1 else None
        links = {"prev": previous, "next": following, "first": 1, "last": pages if self.is_counted else None}
        totals = {"X-Total": str(self.total), "X-Total-Pages": str(pages)} if self.is_counted else {}
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
        return self.request.build_absolute_uri(without_secrets(f"{sent_path(self.request)}?{query.urlencode()}"))


class UncountedPagination(HeaderPagination):
    """For what is too long to count: no totals and no last page (resources.md §0.4)."""

    is_counted = False

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.read(request)
        # One more than shown tells whether there is a next page.
        found = list(queryset[self.start : self.start + self.per_page + 1])
        self.total = self.start + len(found)
        return found[: self.per_page]
