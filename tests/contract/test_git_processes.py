"""The git processes behind the addresses: what they can see, and that they end."""

from __future__ import annotations

import os
import socket
import time
from base64 import b64encode
from pathlib import Path

import pytest

from tests.contract.world import World
from tests.support.server import LiveServer

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")


def processes_of(live: LiveServer) -> dict[str, bytes]:
    """Command line → environment of the git processes that work on this server's repositories now."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if command.startswith(("git", "/usr")) and str(live.data) in command:
                found[command] = (process / "environ").read_bytes()
        except OSError:
            continue
    return found


def wait_until_gone(live: LiveServer) -> dict[str, bytes]:
    """What is still there after a fair while."""
    for _ in range(100):
        if not processes_of(live):
            return {}
        time.sleep(0.1)
    return processes_of(live)


def begin_fetch(world: World) -> socket.socket:
    """A fetch of everything whose client reads none of it: git stands still in the middle."""
    sha = world.live.call("GET", f"/projects/{world.library.id}/repository/commits/main").json["id"]
    want = f"want {sha} side-band-64k ofs-delta\n"
    body = f"{len(want) + 4:04x}{want}00000009done\n".encode()
    login = b64encode(f"x:{world.developer.token}".encode()).decode()
    host, port = world.live.host.split(":")
    connection = socket.create_connection((host, int(port)))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.sendall(
        f"POST /{world.library.path}.git/git-upload-pack HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {login}\r\n"
        f"Content-Type: application/x-git-upload-pack-request\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    return connection


@pytest.fixture
def large_library(world: World) -> World:
    world.commit(world.library, {f"{number}.bin": os.urandom(900_000) for number in range(8)})
    world.commit(world.library, {f"more-{number}.bin": os.urandom(900_000) for number in range(8)})
    return world


def test_a_fetch_ends_with_its_client_and_never_knows_a_secret(large_library: World, live: LiveServer):
    connection = begin_fetch(large_library)
    connection.recv(1000)
    running = processes_of(live)
    assert running, "no git process was seen"
    for command, environment in running.items():
        assert large_library.developer.token not in command
        for secret in (b"glpat-", b"TOKENACCESS_", b"DATABASE_URL", b"SECRET"):
            assert secret not in environment, command
    connection.close()
    assert not wait_until_gone(live)
