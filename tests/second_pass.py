"""Which tests `make test` repeats on PostgreSQL, after all of them ran on SQLite: what a database can change.

`--again` leaves out what the first pass has shown for both:

- tests marked `pure` or `once`, among them every page in a browser and the rooms whose conftest marks them;
- of a test marked `one_case` all cases but the first: they ask the database the same, or are refused before it.
"""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--again", action="store_true", help="leave out what a pass on another database has shown")


@pytest.hookimpl(trylast=True)  # when the rooms have marked their tests
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--again"):
        return
    again = _of_several_cases_one([item for item in items if not _is_shown(item)])
    kept = set(again)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = again


def _is_shown(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(name) for name in ("pure", "once"))


def _of_several_cases_one(items: list[pytest.Item]) -> list[pytest.Item]:
    first: dict[str, pytest.Item] = {}
    for item in items:
        first.setdefault(_test_of(item), item)
    return [item for item in items if item.get_closest_marker("one_case") is None or first[_test_of(item)] is item]


def _test_of(item: pytest.Item) -> str:
    """Without the case, whose name may have any character in it."""
    name = getattr(item, "originalname", None) or item.name
    return f"{item.nodeid.removesuffix(item.name)}{name}"
