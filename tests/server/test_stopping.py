"""SIGTERM, whenever and to whomever it is sent, ends the server within five seconds."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.server.conftest import Program

pytestmark = pytest.mark.pure

STOPS_WITHIN = 6  # seconds: the promised five, and one for a machine that does other things


def to_process(program: Program) -> None:
    program.process.terminate()


def to_group(program: Program) -> None:
    os.killpg(program.process.pid, signal.SIGTERM)


def interrupt(program: Program) -> None:
    os.killpg(program.process.pid, signal.SIGINT)


def test_the_server_ends_while_it_has_nothing_to_do(serve: Any) -> None:
    for send in (to_process, to_group, interrupt):
        with serve(workers=2) as program:
            assert _stop(program, send) == 0
            assert "Traceback" not in program.said()
            assert "by itself" not in program.said()


@pytest.mark.parametrize("seconds", [0.2, 0.4, 0.6, 0.8, 1.0])
@pytest.mark.parametrize("send", [to_process, to_group])
def test_the_server_ends_in_its_first_moments(serve: Any, seconds: float, send: Callable[[Program], None]) -> None:
    with serve(workers=2, wait=False) as program:
        time.sleep(seconds)
        _stop(program, send)
        with pytest.raises(ProcessLookupError):
            os.killpg(program.process.pid, 0)


def test_what_runs_is_finished(serve: Any) -> None:
    with serve() as program:
        answers: list[tuple[int, bytes]] = []
        asking = threading.Thread(target=lambda: answers.append(program.ask("GET", "/sleep?seconds=1")))
        asking.start()
        program.wait_until_said("sleeps")
        assert _stop(program, to_process) == 0
        asking.join()
        assert answers == [(200, b"slept")]


def test_what_does_not_end_is_broken_off(serve: Any) -> None:
    with serve(window=60) as program, ExitStack() as stack:
        for sent in (
            b"POST /digest HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
            b"POST /digest HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"POST /digest HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nContent-Length: 1000000\r\n\r\n",
            b"GET /many?blocks=100 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /many?blocks=100&file=1 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /sleep?seconds=60 HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /hello HTTP/1.1\r\nHost: x\r\n",
        ):
            stack.enter_context(program.connect(buffer=4096)).sendall(sent)
        small = stack.enter_context(program.connect())
        small.sendall(b"POST /digest HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        time.sleep(1)  # for all of them to be received
        assert _stop(program, to_process) == 0
        assert small.recv(1000).startswith(b"HTTP/1.1 503")
        assert "broken: The server is being stopped." in program.said()
        assert program.said().count("closed") == 2


def test_a_worker_that_dies_is_replaced(serve: Any) -> None:
    with serve() as program:
        time.sleep(2)  # a worker is not started more often than that
        with pytest.raises(ConnectionError):
            program.ask("GET", "/end")
        assert program.ask("GET", "/hello")[0] == 200, "it waits for the next one"
        assert "Worker 0 ended by itself (status 3)" in program.said()
        assert _stop(program, to_process) == 0


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="There is no /proc.")
def test_workers_end_with_their_parent(serve: Any) -> None:
    with serve(workers=2) as program:
        program.process.kill()
        program.process.wait()
        until = time.monotonic() + STOPS_WITHIN
        while _is_served(program.port):
            assert time.monotonic() < until
            time.sleep(0.1)


def _is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _stop(program: Program, send: Callable[[Program], None]) -> int:
    began = time.monotonic()
    send(program)
    try:
        return program.process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        raise AssertionError(f"It still runs after {time.monotonic() - began:.1f} s:\n{program.said()}") from None
