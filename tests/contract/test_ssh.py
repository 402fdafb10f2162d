"""Real OpenSSH, git and git-lfs against one server with its sshd (docs/ssh.md)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.contract.world import Someone, World
from tests.support.prepared import Prepared
from tests.support.server import LiveServer, free_port, live_server
from tests.support.ssh import IS_THERE, Ssh, ssh_url, ssh_variables

pytestmark = pytest.mark.skipif(not IS_THERE, reason="needs OpenSSH's server and client")

HIDDEN = "could not be found or you don't have permission to view it"
Login = Callable[[Someone], Ssh]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, prepared: Prepared) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("ssh"), prepared, **ssh_variables(free_port())) as server:
        yield server


@pytest.fixture(scope="module")
def world(live: LiveServer) -> World:
    made = World(live)
    made.commit(made.library, {"README.md": "hello"})
    return made


@pytest.fixture
def login(world: World, live: LiveServer, tmp_path: Path) -> Login:
    """`login(someone)`: their client, whose key the portal knows."""
    numbers = itertools.count()

    def add(someone: Someone) -> Ssh:
        ssh = Ssh.create(tmp_path / f"client{next(numbers)}", ssh_url(live, world.library.id))
        live.call("POST", "/user/keys", {"title": "laptop", "key": ssh.public_key}, token=someone.token)
        return ssh

    return add


def test_a_person_clones_and_pushes(world: World, live: LiveServer, login: Login):
    ssh = login(world.developer)
    ssh.git("clone", "-q", ssh.at(world.library.path), "here")
    here = ssh.git.at("here")
    here("commit", "-q", "--allow-empty", "-m", "Over SSH")
    here("push", "-q", "origin", "HEAD:main")
    tip = live.call("GET", f"/projects/{world.library.id}/repository/commits/main").json["id"]
    assert tip == here("rev-parse", "HEAD")
