"""Documents that are kept while the rows that they are made of stay the same."""

from __future__ import annotations

import itertools

from resources.packages.formats.index_cache import IndexCache


def test_the_same_rows_make_one_document():
    cache, numbers = IndexCache(), itertools.count()
    found = [cache.get(rows, ("npm", "demo"), lambda: str(next(numbers)).encode()) for rows in ("[1]", "[1]", "[2]")]
    assert [document.body for document in found] == [b"0", b"0", b"1"]


def test_documents_about_different_things_have_their_own_etags():
    cache = IndexCache()
    html, json = (cache.get("[1]", ("pypi", "demo", form), lambda: b"") for form in ("html", "json"))
    assert html.etag != json.etag


def test_it_takes_no_more_memory_than_it_may():
    cache = IndexCache(max_bytes=1000)
    for number in range(100):
        cache.get(f"[{number}]", ("npm", "demo"), lambda: b"x" * 100)
    assert cache.size <= 1000
    kept = cache.get("[99]", ("npm", "demo"), lambda: b"made anew")
    assert kept.body == b"x" * 100
    assert cache.get("[0]", ("npm", "demo"), lambda: b"made anew").body == b"made anew"


def test_a_document_that_cannot_be_made_is_not_kept():
    cache = IndexCache()

    def fail() -> bytes:
        raise LookupError

    for make in (fail, fail):
        try:
            cache.get("[]", (), make)
        except LookupError:
            continue
        raise AssertionError
    assert cache.size == 0
