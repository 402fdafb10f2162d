"""Pages of a list, in headers (resources.md §0.4)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from api.keyset import columns_of, read_page
from api.rest import ApiError
from api.secret_parameters import without_secrets
from api.sent_path import sent_path
from text.numbers import parse_number

PER_PAGE = 20
MAX_PER_PAGE = 100
# Past this page number an offset no longer fits the databases' integers; such a page is simply empty.
MAX_PAGE = 10**12
MAX_OFFSET = 50_000
KINDS = {"", "offset", "legacy", "keyset", "none"}  # those of folders too
TOO_FAR = (
    "Offset pagination has a maximum allowed offset of %d for requests that return objects of type %s. "
    "Remaining records can be retrieved using keyset pagination."
)


def _number(request: HttpRequest | Request, name: str, default: int) -> int:
    """Raises ApiError."""
    text = request.GET.get(name, "")
    number = parse_number(text)
    if text and number is None:
        raise ApiError(400, {"error": f"{name} is invalid"})
    return default if number is None else max(number, 1)


class HeaderPagination(BasePagination):
    """`page` and `per_page` in; `X-Total`, `X-Page`, `Link` … out. The body stays a plain array.

    A list too long to count is `counted=False`: its `total` only reaches to the next page, and is not told.
    """

    is_counted = True

    next_cursor: str | None = None  # of a keyset page; "" on the last one

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.read(request)
        if self.is_keyset:
            return self.read_keyset(queryset)
        self.check_offset(queryset)
        self.total = queryset.count() if isinstance(queryset, QuerySet) else len(queryset)
        if self.start >= self.total:
            return []
        return list(queryset[self.start : self.start + self.per_page])

    def read(self, request: Request) -> None:
        self.request = request
        self.page = min(_number(request, "page", 1), MAX_PAGE)
        self.per_page = min(_number(request, "per_page", PER_PAGE), MAX_PER_PAGE)
        self.start = (self.page - 1) * self.per_page
        if request.GET.get("pagination", "") not in KINDS:
            raise ApiError(400, {"error": "pagination does not have a valid value"})
        self.is_keyset = request.GET.get("pagination") == "keyset" or "cursor" in request.GET

    def read_keyset(self, queryset: Any) -> list[Any]:
        found, self.next_cursor = read_page(queryset, self.request.GET.get("cursor", ""), self.per_page)
        return found

    def check_offset(self, queryset: Any) -> None:
        """Far pages by number cost what all before them cost; where there is another way, it is named."""
        if self.start > MAX_OFFSET and columns_of(queryset) is not None:
            raise ApiError(405, {"error": TOO_FAR % (MAX_OFFSET, queryset.model.__name__)})

    def get_paginated_response(self, data: Any) -> Response:
        return Response(data, headers=self.headers())

    def headers(self) -> dict[str, str]:
        if self.next_cursor is not None:
            return self.keyset_headers(self.next_cursor)
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

    def keyset_headers(self, cursor: str) -> dict[str, str]:
        link = {}
        if cursor:
            following = self._with(pagination="keyset", cursor=cursor, per_page=str(self.per_page))
            link = {"Link": f'<{following}>; rel="next"', "X-Next-Cursor": cursor}
        return {"X-Per-Page": str(self.per_page), **link}

    def _address(self, page: int) -> str:
        return self._with(page=str(page), per_page=str(self.per_page))

    def _with(self, **parameters: str) -> str:
        """The address of this request with these parameters in the place of its own."""
        query = self.request.GET.copy()
        if "cursor" in parameters:
            query.pop("page", None)
        for name, value in parameters.items():
            query[name] = value
        return self.request.build_absolute_uri(without_secrets(f"{sent_path(self.request)}?{query.urlencode()}"))


class UncountedPagination(HeaderPagination):
    """For what is too long to count: no totals and no last page (resources.md §0.4)."""

    is_counted = False

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.read(request)
        if self.is_keyset:
            return self.read_keyset(queryset)
        self.check_offset(queryset)
        # One more than shown tells whether there is a next page.
        found = list(queryset[self.start : self.start + self.per_page + 1])
        self.total = self.start + len(found)
        return found[: self.per_page]
