"""Clients that send or take next to nothing are ended, and stop nobody else meanwhile."""

from __future__ import annotations

import socket
import time
from contextlib import ExitStack

import pytest

from tests.server.conftest import Program

pytestmark = pytest.mark.pure

ENDED_WITHIN = 30  # seconds; a window is one


def head(path: str, *lines: str) -> bytes:
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode()


SLOW_BODIES = {
    "small": head("/digest", "Content-Length: 1000"),
    "no upload": head("/digest", "Content-Length: 500000"),
    "upload": head("/digest", "Content-Length: 500000", "Authorization: x"),
    "chunked": head("/digest", "Transfer-Encoding: chunked", "Authorization: x"),
}


@pytest.mark.parametrize("sent", SLOW_BODIES.values(), ids=SLOW_BODIES)
@pytest.mark.parametrize("drips", [True, False])
def test_a_body_that_comes_too_slowly_is_answered_408(program: Program, sent: bytes, drips: bool) -> None:
    byte = b"1\r\nx\r\n" if b"chunked" in sent else b"x"
    with program.connect() as connection:
        connection.sendall(sent + byte)
        connection.settimeout(0.3)
        answer, until = b"", time.monotonic() + ENDED_WITHIN
        while not answer:
            assert time.monotonic() < until, program.said()
            try:
                answer = connection.recv(1000)
            except TimeoutError:
                connection.sendall(byte if drips else b"")
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"connection: close" in answer
        connection.settimeout(ENDED_WITHIN)
        assert connection.recv(1000) == b""


@pytest.mark.parametrize("file", ["", "&file=1"])
def test_a_client_that_takes_too_little_is_cut_off(program: Program, file: str) -> None:
    with program.connect(buffer=4096) as connection:
        connection.sendall(f"GET /many?blocks=30{file} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        connection.recv(1)
        until = time.monotonic() + ENDED_WITHIN
        while "closed" not in program.said():
            assert time.monotonic() < until, program.said()
            time.sleep(0.1)
        assert len(_rest(connection)) < 20 * 1024 * 1024


def test_a_client_that_takes_enough_is_sent_everything(program: Program) -> None:
    with program.connect(buffer=4096) as connection:
        connection.sendall(b"GET /many?blocks=3&file=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        received, until = 0, time.monotonic() + 5
        while time.monotonic() < until:
            received += len(connection.recv(2000))
            time.sleep(0.1)
        received += len(_rest(connection))
    assert received > 3 * 1024 * 1024


def test_slow_clients_stop_nobody(program: Program) -> None:
    requests = [*SLOW_BODIES.values(), b"GET /many?blocks=30&file=1 HTTP/1.1\r\nHost: x\r\n\r\n"]
    with ExitStack() as stack:
        for number in range(60):
            slow = stack.enter_context(program.connect(f"127.0.0.{2 + number % 9}", buffer=4096))
            slow.sendall(requests[number % len(requests)])
        for _ in range(20):
            began = time.monotonic()
            assert program.ask("GET", "/hello")[0] == 200
            assert program.ask("POST", "/digest", b"x" * 1000)[0] == 200
            assert time.monotonic() - began < 8, "waiting for the slow ones would take ten"


def test_no_address_holds_more_than_its_share(program: Program) -> None:
    """80 bodies of one address, faster than the floor; the share is 64."""
    with ExitStack() as stack:
        slow = [stack.enter_context(program.connect("127.0.0.9")) for _ in range(80)]
        for number, connection in enumerate(slow):
            connection.sendall(head("/digest", "Content-Length: 60000") + b"x" * 100 * number)
        other = stack.enter_context(program.connect("127.0.0.8"))
        other.sendall(head("/digest", "Content-Length: 60000"))
        began, ended = time.monotonic(), set[int]()
        while (passed := time.monotonic() - began) < 2 or (len(ended) < 16 and passed < ENDED_WITHIN / 2):
            for number, connection in enumerate(slow):
                if number not in ended and _has_ended(connection):
                    ended.add(number)
            for connection in (*(one for number, one in enumerate(slow) if number not in ended), other):
                connection.sendall(b"x" * 500)
            time.sleep(0.25)
        assert ended == set(range(16)), "the slowest ones beyond the share are ended, and nobody else"
        assert not _has_ended(other)


def test_transfers_of_one_address_wait_for_each_other_and_others_pass(program: Program) -> None:
    with ExitStack() as stack:
        for _ in range(4):
            slow = stack.enter_context(program.connect("127.0.0.9"))
            slow.sendall(b"GET /transfer?seconds=20 HTTP/1.1\r\nHost: x\r\n\r\n")
        program.wait_until_said("sleeps\nsleeps")
        began = time.monotonic()
        assert program.ask("GET", "/transfer?seconds=0") == (200, b"slept")
        assert time.monotonic() - began < 10


def test_a_transfer_that_waits_too_long_for_its_turn_is_answered_503(program: Program) -> None:
    with ExitStack() as stack:
        waiting = [stack.enter_context(program.connect()) for _ in range(3)]
        for connection in waiting:
            connection.sendall(b"GET /transfer?seconds=3 HTTP/1.1\r\nHost: x\r\n\r\n")
        answers = sorted(connection.recv(1000) for connection in waiting)
        assert [answer.split()[1] for answer in answers] == [b"200", b"200", b"503"]
        assert b"retry-after" in answers[-1]


def _has_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1000).startswith(b"HTTP/1.1 408")
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(30)


def _rest(connection: socket.socket) -> bytes:
    received = b""
    try:
        while block := connection.recv(1_000_000):
            received += block
    except ConnectionError:
        pass
    return received
