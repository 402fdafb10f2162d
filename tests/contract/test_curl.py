"""Packages up and down with the real curl."""

from __future__ import annotations

import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contract.world import World
from tests.support.curl import Reply, curl
from tests.support.server import LiveServer

MEGABYTES = os.urandom(3_500_000)
CREATED = '{"message":"201 Created"}'


class Packages:
    """`packages("-T", "file")` against the library's `tool/1.0/tool.bin`, as its developer."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.address = f"{world.live.api}/projects/{world.library.id}/packages/generic/tool/1.0/tool.bin"
        self.who = ["-H", f"PRIVATE-TOKEN: {world.developer.token}"]

    def __call__(self, *arguments: str, stdin: bytes | None = None, query: str = "") -> Reply:
        return curl(self.folder, *self.who, *arguments, self.address + query, stdin=stdin)

    def raw(self, head: str, body: bytes, *, half: bool = False) -> bytes:
        """A request cut off in the middle: `half` leaves our ear open for the answer."""
        host, port = self.world.live.host.split(":")
        path = self.address.removeprefix(self.world.live.url)
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            first = f"PUT {path} HTTP/1.1\r\nHost: {host}\r\n{self.who[1]}\r\n{head}\r\n\r\n"
            connection.sendall(first.encode() + body)
            if not half:
                return b""
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def count_files(self) -> int:
        """How many files there are."""
        world = self.world
        found = world.live.call("GET", f"/projects/{world.library.id}/packages").json
        if not found:
            return 0
        return len(world.live.call("GET", f"/projects/{world.library.id}/packages/{found[0]['id']}/package_files").json)


@pytest.fixture
def packages(world: World, tmp_path: Path) -> Packages:
    (tmp_path / "file").write_bytes(MEGABYTES)
    return Packages(world, tmp_path)


def test_a_file_goes_up_and_comes_down_again(packages: Packages):
    up = packages("-T", "file")
    assert (up.status, up.text) == (201, CREATED)
    assert "HTTP/1.1 100 Continue" in up.said  # curl asks first, above a megabyte
    down = packages()
    assert (down.status, down.body) == (200, MEGABYTES)
    assert down.headers["content-length"] == str(len(MEGABYTES))


def test_a_body_of_unknown_length_goes_up_in_chunks(packages: Packages):
    up = packages("-T", "-", stdin=MEGABYTES)
    assert "Transfer-Encoding: chunked" in up.said
    assert (up.status, up.text.strip()) == (201, CREATED)
    assert packages().body == MEGABYTES


def test_an_upload_by_basic_needs_no_challenge(packages: Packages):
    packages.who = ["-u", f"anyone:{packages.world.developer.token}"]
    assert packages("-T", "file").status == 201


def test_the_record_comes_back_on_demand(packages: Packages):
    up = packages("-T", "file", query="?select=package_file")
    assert up.status == 200
    assert f'"size":{len(MEGABYTES)}' in up.text


def test_a_head_request_tells_the_length(packages: Packages):
    packages("-T", "file")
    head = packages("-I")
    assert (head.status, head.headers["content-length"]) == (200, str(len(MEGABYTES)))
    assert head.headers["x-checksum-sha256"]


def test_a_broken_download_goes_on_where_it_stopped(packages: Packages):
    packages("-T", "file")
    part = packages("-r", "1000000-1999999")
    assert (part.status, part.body) == (206, MEGABYTES[1_000_000:2_000_000])
    assert part.headers["content-range"] == f"bytes 1000000-1999999/{len(MEGABYTES)}"
    assert packages("-r", f"{len(MEGABYTES)}-").status == 416


def test_a_package_that_is_too_large_is_refused_before_it_is_sent(packages: Packages):
    refused = packages("-H", f"Content-Length: {6 * 1024**3}", "-H", "Expect: 100-continue", "-T", "file")
    assert refused.status == 413


def test_an_upload_that_breaks_off_gets_an_error_and_leaves_nothing(packages: Packages):
    answer = packages.raw("Content-Length: 100000", b"x" * 500, half=True)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"The request ended too early" in answer
    assert packages.count_files() == 0


CHUNK = b"1f4\r\n" + b"x" * 500 + b"\r\n"


@pytest.mark.parametrize(
    ("head", "body"), [("Content-Length: 100000", b"x" * 500), ("Transfer-Encoding: chunked", CHUNK)]
)
def test_an_upload_whose_client_dies_leaves_nothing(packages: Packages, live: LiveServer, head: str, body: bytes):
    packages.raw(head, body)
    time.sleep(1)  # for it to be received
    until = time.monotonic() + 60
    while incoming := list((live.data / "blobs" / "incoming").iterdir()):
        assert time.monotonic() < until, incoming
        time.sleep(0.05)
    assert packages.count_files() == 0


def test_strangers_are_refused_before_they_send_the_file(packages: Packages):
    packages.who = ["-H", f"PRIVATE-TOKEN: {packages.world.outsider.token}"]
    refused = packages("-T", "file")
    assert (refused.status, refused.text) == (404, '{"message":"404 Project Not Found"}')
    packages.who = []
    refused = packages("-T", "file")
    assert (refused.status, refused.headers["www-authenticate"]) == (401, 'Basic realm="GitLab Packages Registry"')


def test_uploads_at_the_same_moment_are_all_kept(packages: Packages):
    with ThreadPoolExecutor(8) as pool:
        folders = [packages.folder / str(number) for number in range(8)]
        for folder in folders:
            folder.mkdir()
        answers = list(pool.map(lambda folder: curl(folder, *packages.who, "-T", "../file", packages.address), folders))
    assert [answer.status for answer in answers] == [201] * 8
    assert packages.count_files() == 8


def test_an_encoded_slash_in_a_name_is_refused_and_names_no_other_place(packages: Packages):
    packages("-T", "file")
    for path in ("tool%2F1.0/tool.bin/x", "tool/1.0%2Ftool.bin/x"):
        wrong = packages.address.replace("tool/1.0/tool.bin", path)
        refused = curl(packages.folder, *packages.who, "-T", "file", wrong)
        assert (refused.status, refused.text[:10]) == (400, '{"error":"')
    assert packages.count_files() == 1
