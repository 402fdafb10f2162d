"""Indexes of packages, kept as they were made while the database says the same: making one takes longer than everything
else of its request.

The key holds all that the document is made of, above all what tells the state of its rows from any other: that is read
for each request, so nothing old is ever handed out, and nothing to somebody else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from threading import Lock
from typing import NamedTuple

from cachetools import LRUCache, cached
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

MAX_BYTES = 16 * 1024 * 1024  # of rows and documents, in each process

About = tuple[Hashable, ...]


class Document(NamedTuple):
    """`etag`: clients keep the document and ask whether it still holds. `size`: in bytes, with the rows it is of."""

    body: bytes
    etag: str
    size: int


class StateChanged(Exception):
    """Somebody published between the statement that looked and the one that read."""


def make_document(body: bytes, about: About, rows: str = "") -> Document:
    etag = f'"{hashlib.sha256(repr(about).encode() + body).hexdigest()}"'
    return Document(body, etag, len(rows) + len(body))


documents: LRUCache[tuple[str, About], Document] = LRUCache(MAX_BYTES, getsizeof=lambda document: document.size)


@cached(
    documents,
    key=lambda rows, about, make: (rows, about),
    lock=Lock(),
)
def get_document(rows: str, about: About, make: Callable[[], bytes]) -> Document:
    """The document that `make` makes of `rows` and of `about`, and of nothing else."""
    return make_document(make(), about, rows)


def document_response(request: HttpRequest, document: Document, content_type: str) -> HttpResponseBase:
    headers = {"ETag": document.etag, "Vary": "Accept", "Cache-Control": "private, no-cache"}
    response = HttpResponse(document.body, content_type=content_type, headers=headers)
    known: HttpResponseBase | None = get_conditional_response(request, document.etag, None, response)
    return known or response
