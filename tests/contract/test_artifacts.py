"""Artifacts over a real socket, as the runner sends them: chunked, of a length that nobody says (runner.md §3.4)."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.world import Work, World
from tests.factories.artifacts import BOUNDARY, body
from tests.support.server import LiveServer

QUERY = "artifact_format=zip&artifact_type=archive&expire_in=1+week"
HEADERS = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "User-Agent": "gitlab-runner 19.4.0"}
BLOCK = 32 * 1024


def archive_of(megabytes: int) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("noise.bin", os.urandom(megabytes * 1024 * 1024))
        archive.writestr("notes.txt", b"made by a job\n")
    return packed.getvalue()


def blocks(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), BLOCK):
        yield data[start : start + BLOCK]


def send(live: LiveServer, job: int, token: str, data: bytes) -> tuple[int, bytes]:
    """Chunked, as Go's client does it when it does not know the length."""
    connection = http.client.HTTPConnection(live.host, timeout=60)
    try:
        address = f"/api/v4/jobs/{job}/artifacts?{QUERY}"
        headers = {**HEADERS, "JOB-TOKEN": token}
        connection.request("POST", address, blocks(body(data)), headers, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture
def work(world: World) -> Work:
    return world.running_job(world.library)


def stored_blobs(live: LiveServer) -> set[str]:
    return {path.name for path in (live.data / "blobs").glob("??/??/*")}


def on_their_way(live: LiveServer) -> list[Path]:
    return list((live.data / "blobs" / "incoming").glob("*"))


def test_more_than_ten_megabytes_arrive_whole_and_come_back(live: LiveServer, world: World, work: Work):
    data = archive_of(12)
    assert send(live, work.id, work.token, data) == (201, b"201")
    address = f"/projects/{world.library.id}/jobs/{work.id}/artifacts"
    down = live.call("GET", f"{address}?job_token={work.token}", token=None)
    assert down.headers["content-length"] == str(len(data))
    assert hashlib.sha256(down.body).digest() == hashlib.sha256(data).digest()
    part = live.call("GET", address, token=world.developer.token, headers={"Range": "bytes=1000000-1000009"})
    assert (part.status, part.body) == (206, data[1_000_000:1_000_010])
    file = live.call("GET", f"{address}/notes.txt", token=world.developer.token)
    assert file.body == b"made by a job\n"
    runner = live.call("GET", f"/jobs/{work.id}/artifacts", token=None, headers={"JOB-TOKEN": work.token})
    assert runner.body == data


def test_a_repeated_upload_is_stored_once(live: LiveServer, work: Work):
    data = archive_of(1)
    before = stored_blobs(live)
    assert [send(live, work.id, work.token, data)[0] for _ in range(2)] == [201, 201]
    assert stored_blobs(live) - before == {hashlib.sha256(data).hexdigest()}
    assert send(live, work.id, work.token, archive_of(1))[0] == 400
    assert stored_blobs(live) - before == {hashlib.sha256(data).hexdigest()}


def test_an_upload_that_breaks_off_leaves_nothing(live: LiveServer, world: World, work: Work):
    data = body(archive_of(2))
    before = stored_blobs(live)
    host, port = live.host.split(":")
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(
            f"POST /api/v4/jobs/{work.id}/artifacts?{QUERY} HTTP/1.1\r\nHost: {host}\r\nJOB-TOKEN: {work.token}\r\n"
            f"{head}Transfer-Encoding: chunked\r\n\r\n{len(data):x}\r\n".encode()
            + data[:1_500_000]
        )
        connection.shutdown(socket.SHUT_WR)
        connection.recv(65536)
    assert stored_blobs(live) == before
    assert send(live, work.id, work.token, archive_of(1))[0] == 201
    assert not on_their_way(live)


def test_a_wrong_token_is_refused_before_the_body_is_read(live: LiveServer, work: Work):
    answer = live.call(
        "POST", f"/jobs/{work.id}/artifacts?{QUERY}", b"x", token=None, headers={"JOB-TOKEN": "glcbt-wrong"}, status=403
    )
    assert answer.json == {"message": "403 Forbidden"}


def test_a_finished_job_brings_nothing_more(live: LiveServer, work: Work):
    work.finish()
    answer = live.call(
        "POST", f"/jobs/{work.id}/artifacts?{QUERY}", b"x", token=None, headers={"JOB-TOKEN": work.token}, status=403
    )
    assert answer.headers["job-status"] == "success"
