"""Real clients against the real server, in a small world that each test makes for itself through the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.world import World
from tests.support.prepared import Prepared
from tests.support.server import LiveServer, live_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/contract/" in item.path.as_posix():
            item.add_marker(pytest.mark.contract)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[LiveServer]:
    """The server, started once per test process."""
    with live_server(tmp_path_factory.mktemp("live"), prepared) as server:
        yield server


@pytest.fixture
def world(live: LiveServer) -> World:
    """People and projects of this test alone: see tests/contract/world.py."""
    return World(live)
