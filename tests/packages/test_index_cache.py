"""Documents that are kept while the rows that they are made of stay the same."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from resources.packages.formats import index_cache
from resources.packages.formats.index_cache import get_document

pytestmark = pytest.mark.pure


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    index_cache.documents.clear()
    yield
    index_cache.documents.clear()


def test_the_same_rows_make_one_document():
    numbers = itertools.count()
    found = [get_document(rows, ("npm", "demo"), lambda: str(next(numbers)).encode()) for rows in ("[1]", "[1]", "[2]")]
    assert [document.body for document in found] == [b"0", b"0", b"1"]


def test_documents_about_different_things_have_their_own_etags():
    html, json = (get_document("[1]", ("pypi", "demo", form), lambda: b"") for form in ("html", "json"))
    assert html.etag != json.etag


def test_the_cache_takes_no_more_memory_than_it_may_and_forgets_what_was_asked_for_longest_ago():
    large = b"x" * (index_cache.MAX_BYTES // 8)
    for number in range(10):
        get_document(f"[{number}]", ("npm", "demo"), lambda: large)
    assert index_cache.documents.currsize <= index_cache.MAX_BYTES
    assert get_document("[9]", ("npm", "demo"), lambda: b"made anew").body == large
    assert get_document("[0]", ("npm", "demo"), lambda: b"made anew").body == b"made anew"


def test_a_document_that_cannot_be_made_is_not_kept():
    def fail() -> bytes:
        raise LookupError

    with pytest.raises(LookupError):
        get_document("[]", (), fail)
    assert get_document("[]", (), lambda: b"made").body == b"made"
