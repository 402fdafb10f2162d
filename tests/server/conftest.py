"""`serve` starts tests/server/program.py and says how to reach it."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import ROOT, clean_environment, free_port

STARTS_WITHIN = 30  # seconds


@dataclass(frozen=True)
class Program:
    port: int
    process: subprocess.Popen[bytes]
    output: Path

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes]:
        """On a connection of its own. What has no length is sent in chunks."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with_dashes = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, with_dashes)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def connect(self, address: str = "127.0.0.1", *, buffer: int = 0) -> socket.socket:
        """`address`: the client's own; `buffer`: how much it takes before it reads."""
        connection = socket.socket()
        if buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.bind((address, 0))
        connection.settimeout(30)
        connection.connect(("127.0.0.1", self.port))
        return connection

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_said(self, words: str) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while words not in self.said():
            assert time.monotonic() < until, self.said()
            time.sleep(0.05)


@pytest.fixture
def serve(tmp_path: Path) -> Any:
    """`with serve(workers=2) as program:`; `window`: seconds in which a client may be slow."""

    @contextmanager
    def start(workers: int = 1, *, window: float = 1.0, wait: bool = True) -> Iterator[Program]:
        port, output = free_port(), tmp_path / "output"
        command = [sys.executable, "-m", "tests.server.program", str(port), str(workers), str(window)]
        with output.open("wb") as stream:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=clean_environment(),
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        program = Program(port, process, output)
        try:
            if wait:
                _wait_for(program)
            yield program
        finally:
            process.kill()
            process.wait()

    return start


@pytest.fixture
def program(serve: Any) -> Iterator[Program]:
    with serve() as one:
        yield one


def _wait_for(program: Program) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        try:
            program.ask("GET", "/hello")
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(program.said())
