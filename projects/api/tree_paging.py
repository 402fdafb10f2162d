"""Pages of a folder's entries, of which there may be more than anyone can count (resources.md §1.7)."""

from __future__ import annotations

import base64
import binascii
from itertools import islice
from typing import Any

from rest_framework.request import Request

from api.paging import HeaderPagination
from api.rest import ApiError
from api.secret_parameters import without_secrets
from projects.repository import Entry

MAX_COUNT = 10_000
MAX_OFFSET = 50_000
TOO_FAR = (
    f"Offset pagination has a maximum allowed offset of {MAX_OFFSET} for requests that return objects of type "
    "Gitlab::Git::Tree. Remaining records can be retrieved using keyset pagination."
)


def read_page_token(token: str) -> str:
    """The path of the last entry of the page before. Raises ApiError."""
    try:
        return base64.urlsafe_b64decode(token.encode("ascii")).decode("utf-8", "surrogateescape")
    except (ValueError, binascii.Error):
        raise ApiError(400, {"error": "page_token is invalid"}) from None


def _page_token(entry: Entry) -> str:
    return base64.urlsafe_b64encode(entry.path.encode("utf-8", "surrogateescape")).decode()


class TreePagination(HeaderPagination):
    """By number, counted as far as MAX_COUNT; or with `pagination=keyset` from the `page_token` of the page before."""

    next_token = ""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.read(request)
        self.is_keyset = request.GET.get("pagination") == "keyset" or "page_token" in request.GET
        if self.is_keyset:
            found = list(islice(queryset, self.per_page + 1))
            if len(found) > self.per_page:
                self.next_token = _page_token(found[self.per_page - 1])
            return found[: self.per_page]
        if self.start > MAX_OFFSET:
            raise ApiError(405, TOO_FAR)
        found = list(islice(queryset, max(self.start + self.per_page, MAX_COUNT) + 1))
        self.total, self.is_counted = len(found), len(found) <= MAX_COUNT
        return found[self.start : self.start + self.per_page]

    def headers(self) -> dict[str, str]:
        if not self.is_keyset:
            return super().headers()
        link = {"Link": f'<{self._next_address()}>; rel="next"'} if self.next_token else {}
        return {"X-Per-Page": str(self.per_page), **link}

    def _next_address(self) -> str:
        query = self.request.GET.copy()
        query["pagination"], query["per_page"], query["page_token"] = "keyset", str(self.per_page), self.next_token
        query.pop("page", None)
        return self.request.build_absolute_uri(without_secrets(f"{self.request.path}?{query.urlencode()}"))
