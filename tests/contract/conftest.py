"""Real clients against the real server, in a small world that each test makes for itself through the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import gitlab
import pytest

from tests.contract.world import Someone, World
from tests.support.prepared import Prepared
from tests.support.server import ADMIN_TOKEN, LiveServer, live_server

Connect = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/contract/" in item.path.as_posix():
            item.add_marker(pytest.mark.contract)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, prepared_data: Prepared) -> Iterator[LiveServer]:
    """The server, started once per test process."""
    with live_server(tmp_path_factory.mktemp("live"), prepared_data) as server:
        yield server


@pytest.fixture
def world(live: LiveServer) -> World:
    """People and projects of this test alone: see tests/contract/world.py."""
    return World(live)


@pytest.fixture(scope="module")
def shared_world(live: LiveServer) -> World:
    """One world for all tests of a module: each makes anew what it changes."""
    return World(live)


@pytest.fixture(scope="module")
def connect(live: LiveServer) -> Iterator[Connect]:
    """`connect(world.maintainer)`, `connect()` (the administrator), `connect(job_token=…)`: python-gitlab."""
    open_clients: list[gitlab.Gitlab] = []

    def start(who: Someone | None = None, **credentials: Any) -> gitlab.Gitlab:
        if not credentials:
            credentials = {"private_token": who.token if who else ADMIN_TOKEN}
        open_clients.append(gitlab.Gitlab(live.url, retry_transient_errors=False, **credentials))
        return open_clients[-1]

    yield start
    for client in open_clients:
        client.session.close()
