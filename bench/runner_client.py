"""Speaks as runners do, over connections that are kept, several at once."""

from __future__ import annotations

import http.client
import json
import math
import os
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CLIENTS = 4
BLOCK = 1024 * 1024
BOUNDARY = "a-runner-of-the-benchmark"
LOG_PIECE = (b"A line of the log as a compiler writes them, one after another.\n" * 16)[:1024]


@dataclass(frozen=True)
class Job:
    id: int
    token: str


class Client:
    """One connection to `host:port`."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=120)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        chunked = sent.get("Transfer-Encoding") == "chunked"
        self.connection.request(method, path, body, sent, encode_chunked=chunked)
        response = self.connection.getresponse()
        return response.status, response.read()

    def ask(self, runner: str) -> tuple[int, Job | None]:
        """204 and None, 201 and a job, 409 and None."""
        body = json.dumps({"token": runner, "system_id": "s_bench", "info": {"features": {}}})
        status, answer = self.send("POST", "/api/v4/jobs/request", body, Content_Type="application/json")
        if status != 201:
            expect(status, {204, 409}, answer)
            return status, None
        job = json.loads(answer)
        return status, Job(job["id"], job["token"])

    def log(self, job: Job, start: int) -> None:
        path = f"/api/v4/jobs/{job.id}/trace"
        span = f"{start}-{start + len(LOG_PIECE) - 1}"
        headers = {"Content_Range": span, "Content_Type": "text/plain", "JOB_TOKEN": job.token}
        status, answer = self.send("PATCH", path, LOG_PIECE, **headers)
        expect(status, {202}, answer)

    def upload(self, path: str, file: Path, token: str) -> float:
        """Seconds."""
        headers = {
            "Transfer_Encoding": "chunked",
            "Content_Type": f"multipart/form-data; boundary={BOUNDARY}",
            "JOB_TOKEN": token,
        }
        begin = time.monotonic()
        status, answer = self.send("POST", path, multipart(file), **headers)
        expect(status, {201}, answer)
        return time.monotonic() - begin

    def download(self, path: str, token: str, size: int) -> float:
        """Seconds; raises RuntimeError unless `size` bytes came, or somewhat more."""
        begin, received = time.monotonic(), 0
        self.connection.request("GET", path, headers={"JOB-TOKEN": token})
        response = self.connection.getresponse()
        while block := response.read(BLOCK):
            received += len(block)
        if response.status != 200 or received < size:
            raise RuntimeError(f"GET {path}: {response.status} with {received} bytes instead of {size}.")
        return time.monotonic() - begin


def expect(status: int, wanted: set[int], answer: bytes) -> None:
    if status not in wanted:
        raise RuntimeError(f"The server answered {status} {answer[:300]!r} where {wanted} was expected.")


def multipart(file: Path) -> Iterator[bytes]:
    yield (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="artifacts.zip"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    with file.open("rb", buffering=0) as source:
        while block := source.read(BLOCK):
            yield block
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def write_archive(file: Path, megabytes: int) -> None:
    """A zip of random bytes, another one each time: nothing is known already and nothing compresses."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive, archive.open("out/blob", "w") as entry:
        for _ in range(megabytes):
            entry.write(os.urandom(BLOCK))


def rate(work: Callable[[int], Callable[[], int]], seconds: float, *, most: float = math.inf) -> float:
    """`work(number)` makes a client's step, which returns how much it did; what all did together, per second. They stop
    when the seconds are over, or when they have done about `most`."""
    done, failures = [0] * CLIENTS, list[BaseException]()
    begin = time.monotonic()

    def run(number: int) -> None:
        try:
            step = work(number)
            while time.monotonic() - begin < seconds and sum(done) < most:
                done[number] += step()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return sum(done) / (time.monotonic() - begin)
