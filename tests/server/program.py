"""A small WSGI application on the product's server: `python -m tests.server.program PORT WORKERS WINDOW`."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from server import worker
from server.limits import Limits
from server.sockets import listening_socket
from server.supervisor import Child, Supervisor

BLOCK = 1024 * 1024
KEPT: list[dict[str, Any]] = []
LIMITS = Limits(
    small_body=64 * 1024,
    unknown_body=BLOCK,
    held_after=0.3,
    tick=0.1,
    transfer_threads=4,
    transfer_share=2,
    transfer_wait=1.0,
    drain=1.0,
)


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


class Blocks:
    """`file`: as if they came from a file."""

    def __init__(self, blocks: Iterable[bytes], *, file: bool) -> None:
        self.blocks = iter(blocks)
        self.reads_files = file

    def __iter__(self) -> Iterator[bytes]:
        return self.blocks

    def close(self) -> None:
        say("closed")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
    answer = ROUTES[environ["PATH_INFO"].rpartition("/")[2]](environ, query)
    headers = [("Content-Type", "text/plain"), ("X-Process", str(os.getpid()))]
    start_response("200 OK", headers)
    return answer


def hello(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    return [environ["REQUEST_METHOD"].encode(), b" ", environ["PATH_INFO"].encode("latin-1")]


def digest(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    """Of the body, read in pieces."""
    seen = hashlib.sha256()
    try:
        while block := environ["wsgi.input"].read(int(query.get("block", BLOCK))):
            seen.update(block)
    except OSError as error:
        say(f"broken: {error}")
        return [b"broken"]
    return [seen.hexdigest().encode()]


def unread(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    """Nothing but the first bytes of the body, which outlives the request as in an application's garbage."""
    environ["wsgi.input"].read(int(query.get("bytes", 0)))
    KEPT.append(environ)
    return [b"not read"]


def lines(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    found = iter(partial(environ["wsgi.input"].readline, int(query.get("most", -1))), b"")
    return [repr(list(found)).encode()]


def many(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    blocks = (bytes([number % 256]) * BLOCK for number in range(int(query["blocks"])))
    return Blocks(blocks, file="file" in query)


def broken(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    def blocks() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise ValueError("half-way")

    return Blocks(blocks(), file="file" in query)


def sleep(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    say("sleeps")
    time.sleep(float(query["seconds"]))
    return [b"slept"]


def fail(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    raise ValueError("on purpose")


def end(environ: dict[str, Any], query: dict[str, str]) -> Iterable[bytes]:
    os._exit(3)


ROUTES = {
    "hello": hello, "digest": digest, "unread": unread, "lines": lines, "many": many, "broken": broken,
    "sleep": sleep, "fail": fail, "end": end, "transfer": sleep,
}  # fmt: skip


def is_upload(environ: dict[str, Any]) -> bool:
    return "HTTP_AUTHORIZATION" in environ


def is_transfer(path: str) -> bool:
    return path.endswith("/transfer")


def main(port: int, workers: int, window: float) -> int:
    limits = replace(LIMITS, window=window)
    settings = worker.Settings(application, threads=3, limits=limits, waits=is_transfer, is_upload=is_upload)
    children = [
        Child(f"Worker {number}", partial(worker.run, listening_socket("127.0.0.1", port), settings, number))
        for number in range(workers)
    ]
    return Supervisor(children).run()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
