"""Prepared statements and the connections they live on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from tokenaccess.access.sql.prepared import Prepared

DOUBLE = Prepared("tests_double", {"number": "bigint"}, "CAST(%(number)s AS bigint) * 2", "")


@pytest.mark.django_db(transaction=True)
def test_each_thread_s_connection_has_its_own():
    barrier = Barrier(2)

    def ask(number: int) -> list[list[int] | None]:
        try:
            found = []
            for _ in range(5):
                barrier.wait(timeout=60)  # both are always within the same step
                found.append(DOUBLE.fetch({"number": number}))
            return found
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(ask, [1, 2])) == [[[2]] * 5, [[4]] * 5]


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_is_prepared_anew():
    assert DOUBLE.fetch({"number": 3}) == [6]
    connection.close()
    assert DOUBLE.fetch({"number": 4}) == [8]
