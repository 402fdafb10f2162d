"""One job from start to finish over a real socket, call by call as gitlab-runner 19 makes them (runner.md §9), and what
is left of its token afterwards."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.contract.world import World
from tests.factories.artifacts import BOUNDARY, body, zip_bytes
from tests.support.go_decoder import decode
from tests.support.runner import INFO
from tests.support.server import LiveServer

PIPELINE = """\
stages: [build, test]
build:
  stage: build
  script: [make]
  artifacts: {paths: [out/], expire_in: 1 week}
test:
  stage: test
  script: [make test]
"""
AGENT = "gitlab-runner 19.4.0 (19-4-stable; go1.26.1; linux/amd64)"
LINE = "2026-11-20T09:16:26.{:06d}Z 01O line {}\n"


@dataclass
class Wire:
    """One kept connection, as the runner's HTTP client has it."""

    live: LiveServer
    token: str
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(self.live.host, timeout=60)

    def send(
        self, method: str, path: str, data: Any = None, **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        sent = {"User-Agent": AGENT, "X-Request-Id": os.urandom(16).hex()}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(data, dict):
            data, sent["Content-Type"], sent["Accept"] = json.dumps(data), "application/json", "application/json"
        path = path if path.startswith("/group") else f"/api/v4{path}"
        self.connection.request(method, path, data, sent, encode_chunked="Transfer-Encoding" in sent)
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def ask(self) -> dict[str, Any] | None:
        """A job as Go decodes it, or None."""
        asked = {"info": INFO, "token": self.token, "system_id": "s_0123456789ab"}
        status, headers, answer = self.send("POST", "/jobs/request", asked, RUNNER_TOKEN=self.token)
        if status == 204:
            return None
        assert (status, headers.get_content_type()) == (201, "application/json"), answer
        return decode(json.loads(answer))

    def update(self, job: dict[str, Any], state: str, log: bytes = b"", **more: Any) -> tuple[int, str | None]:
        """Status and `Job-Status`."""
        checksum = f"crc32:{zlib.crc32(log):08x}"
        output = {"checksum": checksum, "bytesize": len(log)}
        report = {"info": INFO, "token": job["token"], "state": state, "checksum": checksum, "output": output, **more}
        status, headers, _ = self.send("PUT", f"/jobs/{job['id']}", report, JOB_TOKEN=job["token"])
        return status, headers["Job-Status"]

    def log(self, job: dict[str, Any], start: int, data: bytes) -> tuple[int, str]:
        """Status and `Range`."""
        span = f"{start}-{start + len(data) - 1}"
        path = f"/jobs/{job['id']}/trace?debug_trace=false"
        headers = {"Content_Type": "text/plain", "Content_Range": span, "JOB_TOKEN": job["token"]}
        status, answered, _ = self.send("PATCH", path, data, **headers)
        return status, answered["Range"]

    def upload(self, job: dict[str, Any], data: bytes) -> int:
        """In chunks, of a length that is never said."""
        whole = body(data)
        pieces: Iterator[bytes] = (whole[at : at + 30_000] for at in range(0, len(whole), 30_000))
        path = f"/jobs/{job['id']}/artifacts?artifact_format=zip&artifact_type=archive&expire_in=1+week"
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        headers = {"Content_Type": kind, "Transfer_Encoding": "chunked", "JOB_TOKEN": job["token"]}
        return self.send("POST", path, pieces, **headers)[0]

    def refs(self, address: str, **headers: str) -> tuple[int, http.client.HTTPMessage]:
        status, answered, _ = self.send("GET", f"/{address}.git/info/refs?service=git-upload-pack", **headers)
        return status, answered


def basic(token: str) -> str:
    return "Basic " + base64.b64encode(f"gitlab-ci-token:{token}".encode()).decode()


@pytest.fixture
def wire(world: World) -> Wire:
    made = world.live.make("/user/runners", runner_type="project_type", project_id=world.app.id)
    return Wire(world.live, made["token"])


def test_a_job_runs_from_its_request_to_its_end_and_its_token_ends_with_it(world: World, wire: Wire):
    verify_runner(wire)
    assert wire.ask() is None
    world.commit(world.app, {".gitlab-ci.yml": PIPELINE}, by=world.developer)

    # 1 and 2: taken, and said to run before any log
    job = wire.ask()
    assert job is not None
    assert wire.update(job, "running") == (200, "running")

    # 5: git asks without a credential first
    status, headers = wire.refs(world.app.path)
    assert status == 401
    assert headers["WWW-Authenticate"].startswith("Basic ")
    assert wire.refs(world.app.path, Authorization=basic(job["token"]))[0] == 200

    lines = [LINE.format(number, number).encode() for number in range(3)]
    begin_log(wire, job, lines)

    # 8: the archive, repeated because its answer was lost
    archive = zip_bytes({"out/noise.bin": os.urandom(11 * 1024 * 1024), "out/a.txt": b"hello\n"})
    assert [wire.upload(job, archive), wire.upload(job, archive)] == [201, 201]

    log = b"".join(lines)
    end_log(wire, job, log, len(lines[0]))
    shown = world.live.call("GET", f"/projects/{world.app.id}/jobs/{job['id']}/trace", token=world.developer.token)
    assert re.findall(rb"line \d", shown.body) == [b"line 0", b"line 1", b"line 2"]
    assert_token_has_ended(world, wire, job, log)
    fetch_archive_in_next_job(wire, job, archive)


def verify_runner(wire: Wire) -> None:
    """Step 0: `register --token glrt-…`"""
    asked = {"token": wire.token, "system_id": "s_0123456789ab", "info": INFO}
    status, headers, answer = wire.send("POST", "/runners/verify", asked, RUNNER_TOKEN=wire.token)
    assert (status, headers.get_content_type()) == (200, "application/json")
    assert json.loads(answer)["id"] > 0


def begin_log(wire: Wire, job: dict[str, Any], lines: list[bytes]) -> None:
    """Step 3: log, a repeated piece, a gap, a sign of life."""
    assert wire.log(job, 0, lines[0]) == (202, f"0-{len(lines[0])}")
    assert wire.log(job, 0, lines[0]) == (416, f"0-{len(lines[0])}")
    assert wire.log(job, 9_999, lines[1]) == (416, f"0-{len(lines[0])}")
    assert wire.update(job, "running", lines[0]) == (200, "running")


def end_log(wire: Wire, job: dict[str, Any], log: bytes, start: int) -> None:
    """Step 10: the rest of the log, then the end; once more because its answer was lost."""
    assert wire.log(job, start, log[start:]) == (202, f"0-{len(log)}")
    assert wire.update(job, "success", log) == (200, "success")
    assert wire.update(job, "success", log) == (403, "success")


def assert_token_has_ended(world: World, wire: Wire, job: dict[str, Any], log: bytes) -> None:
    assert wire.log(job, len(log), b"more")[0] == 403
    assert Wire(world.live, wire.token).upload(job, zip_bytes()) == 403  # before all of it is read: the connection ends
    assert wire.send("GET", "/job", JOB_TOKEN=job["token"])[0] == 401
    assert wire.refs(world.app.path, Authorization=basic(job["token"]))[0] == 401
    package = f"/projects/{world.app.id}/packages/generic/a/1/a.txt"
    assert wire.send("PUT", package, b"x", JOB_TOKEN=job["token"])[0] == 401
    assert wire.send("GET", package, JOB_TOKEN=job["token"])[0] == 401
    assert wire.send("GET", f"/jobs/{job['id']}/artifacts", JOB_TOKEN=job["token"])[0] == 401


def fetch_archive_in_next_job(wire: Wire, job: dict[str, Any], archive: bytes) -> None:
    """Step 6: the next job is handed the archive and fetches it by its own token."""
    later = wire.ask()
    assert later is not None
    [needed] = later["dependencies"]
    assert (needed["id"], needed["token"]) == (job["id"], later["token"])
    path = f"/jobs/{needed['id']}/artifacts?direct_download=true"
    status, _, fetched = wire.send("GET", path, JOB_TOKEN=needed["token"])
    assert (status, fetched) == (200, archive)
    assert wire.update(later, "failed", failure_reason="script_failure", exit_code=2) == (200, "failed")


def test_a_stopped_job_learns_it_at_its_next_call_and_its_last_words_change_nothing(world: World, wire: Wire):
    world.commit(world.app, {".gitlab-ci.yml": PIPELINE}, by=world.developer)
    job = wire.ask()
    assert job is not None
    wire.update(job, "running")
    address = f"/projects/{world.app.id}/jobs/{job['id']}"
    world.live.call("POST", f"{address}/cancel", token=world.developer.token)
    statuses = {wire.log(job, 0, b"x")[0], wire.update(job, "running")[0]}
    last_words = {wire.log(job, 0, b"ERROR: Job failed: canceled")[0], wire.update(job, "failed")[0]}
    assert statuses | last_words == {403}
    assert wire.update(job, "failed") == (403, "canceled")
    assert world.live.call("GET", address, token=world.developer.token).json["status"] == "canceled"
