"""Which tests `make test` repeats on PostgreSQL, after all of them ran on SQLite: what a database can change.

`--again` leaves out what the first pass has shown for both:

- tests marked `pure` or `once`;
- pages: what is in a browser, in tests/portal and in files that end in `_pages.py`. What they ask the database is asked
  by the walk over every link too (tests/test_every_link.py), and their forms call the services that the API calls;
- of a test marked `one_case` all cases but the first: they ask the database the same, or are refused before it.
"""

from __future__ import annotations

import re

import pytest

PAGES = re.compile(r"/tests/(browser|portal)/|[/_]pages\.py$")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--again", action="store_true", help="leave out what a pass on another database has shown")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--again"):
        return
    again = _of_several_cases_one([item for item in items if not _is_shown(item)])
    kept = set(again)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = again


def _is_shown(item: pytest.Item) -> bool:
    marked = any(item.get_closest_marker(name) for name in ("pure", "once"))
    return marked or PAGES.search(item.path.as_posix()) is not None


def _of_several_cases_one(items: list[pytest.Item]) -> list[pytest.Item]:
    first: dict[str, pytest.Item] = {}
    for item in items:
        first.setdefault(_test_of(item), item)
    return [item for item in items if item.get_closest_marker("one_case") is None or first[_test_of(item)] is item]


def _test_of(item: pytest.Item) -> str:
    """Without the case, whose name may have any character in it."""
    name = getattr(item, "originalname", None) or item.name
    return f"{item.nodeid.removesuffix(item.name)}{name}"
