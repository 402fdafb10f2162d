"""Indexes of packages, kept as they were made while the database says the same: making one takes longer than everything
else of its request.

The key holds all that the document is made of, above all the rows as the database wrote them: they are read for each
request, so nothing old is ever handed out, and nothing to somebody else.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

MAX_BYTES = 16 * 1024 * 1024  # in each process
MAX_DOCUMENT = MAX_BYTES // 8


class Document(NamedTuple):
    """`etag`: clients keep the document and ask whether it still holds."""

    body: bytes
    etag: str


def make_document(body: bytes, about: tuple[Hashable, ...]) -> Document:
    return Document(body, f'"{hashlib.sha256(repr(about).encode() + body).hexdigest()}"')


class IndexCache:
    """Those asked for last. `size`: of all keys and documents, in bytes."""

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes, self.size = max_bytes, 0
        self._documents: OrderedDict[Hashable, tuple[Document, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, rows: str, about: tuple[Hashable, ...], make: Callable[[], bytes]) -> Document:
        """The document that `make` makes of `rows` and of `about`, and of nothing else."""
        key = (rows, about)
        with self._lock:
            known = self._documents.get(key)
            if known is not None:
                self._documents.move_to_end(key)
                return known[0]
        body = make()
        document = make_document(body, about)
        self._keep(key, document, len(rows) + len(body))
        return document

    def _keep(self, key: Hashable, document: Document, size: int) -> None:
        if size > MAX_DOCUMENT:
            return
        with self._lock:
            if key not in self._documents:
                self._documents[key] = document, size
                self.size += size
            while self.size > self._max_bytes:
                self.size -= self._documents.popitem(last=False)[1][1]


def document_response(request: HttpRequest, document: Document, content_type: str) -> HttpResponseBase:
    headers = {"ETag": document.etag, "Vary": "Accept", "Cache-Control": "private, no-cache"}
    response = HttpResponse(document.body, content_type=content_type, headers=headers)
    known: HttpResponseBase | None = get_conditional_response(request, document.etag, None, response)
    return known or response


CACHE = IndexCache()
