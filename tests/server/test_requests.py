"""Requests and answers of every form, over real connections."""

from __future__ import annotations

import hashlib
import http.client
import random
import socket
import time
from pathlib import Path

import pytest

from tests.server.conftest import Program

pytestmark = pytest.mark.pure

SIZES = [1, 1000, 64 * 1024, 64 * 1024 + 1, 1_000_000, 5_000_000]


@pytest.mark.parametrize("upload", [True, False])
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_a_body_of_any_size_and_form_arrives_whole(program: Program, size: int, chunked: bool, upload: bool) -> None:
    body = random.randbytes(size)
    sent = iter([body[: size // 2], body[size // 2 :]]) if chunked else body
    headers = {"Authorization": "x"} if upload else {}
    assert program.ask("POST", "/digest", sent, **headers) == (200, hashlib.sha256(body).hexdigest().encode())


@pytest.mark.parametrize("block", [1, 7, 100_000])
def test_a_body_is_read_in_pieces_of_any_size(program: Program, block: int) -> None:
    body = random.randbytes(70_000)
    status, answer = program.ask("POST", f"/digest?block={block}", body, Authorization="x")
    assert (status, answer) == (200, hashlib.sha256(body).hexdigest().encode())


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_is_read_by_lines(program: Program, chunked: bool) -> None:
    body = b"one\ntwo\n\nfour" + b"x" * 70_000
    status, answer = program.ask("POST", "/lines", iter([body]) if chunked else body, Authorization="x")
    assert (status, answer) == (200, repr([b"one\n", b"two\n", b"\n", b"four" + b"x" * 70_000]).encode())


def test_lines_of_a_body_are_cut_at_the_length_that_is_asked_for(program: Program) -> None:
    status, answer = program.ask("POST", "/lines?most=3", iter([b"abcdef\ng"]), Authorization="x")
    assert (status, answer) == (200, repr([b"abc", b"def", b"\n", b"g"]).encode())


def test_the_client_is_asked_for_the_body_once_somebody_reads_it(program: Program) -> None:
    head = "POST {} HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n"
    with program.connect() as connection:
        connection.sendall(head.format("/digest").encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100")
    with program.connect() as connection:
        connection.sendall(head.format("/unread").encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("asked_for", [0, 1000])
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("size", [70_000, 500_000, 5_000_000])
def test_an_answer_before_the_end_of_the_body_ends_the_connection(
    program: Program, size: int, chunked: bool, asked_for: int
) -> None:
    """The next request would wait behind what nobody reads."""
    connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=10)
    body = bytes(size)
    for _ in range(2):
        sent = iter([body[:1000], body[1000:]]) if chunked else body
        connection.request("POST", f"/unread?bytes={asked_for}", sent, {"Authorization": "x"})
        response = connection.getresponse()
        assert (response.status, response.getheader("Connection"), response.read()) == (200, "close", b"not read")
    connection.close()


def test_a_client_that_goes_on_sending_reads_its_answer_all_the_same(program: Program) -> None:
    with program.connect() as connection:
        connection.sendall(b"POST /unread HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nContent-Length: 5000000\r\n\r\n")
        for _ in range(10):
            connection.sendall(bytes(100_000))
            time.sleep(0.02)
        assert connection.recv(1000).endswith(b"not read")


def test_a_client_that_sends_nothing_more_after_its_answer_is_ended(program: Program) -> None:
    with program.connect() as connection:
        connection.sendall(b"POST /unread HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nContent-Length: 5000000\r\n\r\n")
        assert connection.recv(1000).endswith(b"not read")
        connection.settimeout(3)
        assert connection.recv(1000) == b""


def test_a_body_that_is_read_to_its_length_leaves_the_connection_open(program: Program) -> None:
    with program.connect() as connection:
        for _ in range(3):
            head = "POST /unread?bytes=70000 HTTP/1.1\r\nHost: x\r\nAuthorization: x\r\nContent-Length: 70000\r\n\r\n"
            connection.sendall(head.encode() + bytes(70_000))
            assert connection.recv(1000).endswith(b"not read")


@pytest.mark.parametrize("file", ["", "&file=1"])
def test_a_long_answer_is_sent_whole(program: Program, file: str) -> None:
    status, answer = program.ask("GET", f"/many?blocks=20{file}")
    assert status == 200
    assert [answer[start] for start in range(0, len(answer), 1024 * 1024)] == list(range(20))
    assert len(answer) == 20 * 1024 * 1024
    program.wait_until_said("closed")


def test_an_answer_to_head_has_no_body(program: Program) -> None:
    assert program.ask("HEAD", "/hello") == (200, b"")


def test_a_connection_serves_one_request_after_the_other(program: Program) -> None:
    with program.connect() as connection:
        for _ in range(3):
            connection.sendall(b"POST /digest HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
            assert hashlib.sha256(b"abc").hexdigest().encode() in connection.recv(1000)


@pytest.mark.parametrize("address", ["/hello", "/a%2Fb/hello", "/%C3%A9/hello"])
def test_the_path_is_unquoted_once(program: Program, address: str) -> None:
    words = {"/hello": "/hello", "/a%2Fb/hello": "/a/b/hello", "/%C3%A9/hello": "/é/hello"}
    assert program.ask("GET", address) == (200, f"GET {words[address]}".encode())


def test_an_application_that_fails_is_answered_500(program: Program) -> None:
    assert program.ask("GET", "/fail")[0] == 500
    assert program.ask("POST", "/fail", b"x")[0] == 500
    assert program.ask("GET", "/hello")[0] == 200


@pytest.mark.parametrize("file", ["", "?file=1"])
def test_an_answer_that_breaks_off_is_not_taken_for_whole(program: Program, file: str) -> None:
    with program.connect() as connection:
        connection.sendall(f"GET /broken{file} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = b""
        while block := connection.recv(100_000):
            received += block
    assert not received.endswith(b"0\r\n\r\n")  # the mark of the end
    program.wait_until_said("closed")


@pytest.mark.parametrize("upload", [True, False])
@pytest.mark.parametrize("length", ["Content-Length: 500000", "Transfer-Encoding: chunked"])
def test_a_body_whose_client_goes_away_is_broken(program: Program, length: str, upload: bool) -> None:
    head = f"POST /digest HTTP/1.1\r\nHost: x\r\n{length}\r\n{'Authorization: x' if upload else 'X: x'}\r\n\r\n"
    with program.connect() as connection:
        connection.sendall(head.encode() + b"186A0\r\n" + b"x" * 90_000)
        time.sleep(0.2)
    if upload:
        program.wait_until_said("broken: The request ended too early.")
    assert program.ask("GET", "/hello")[0] == 200


@pytest.mark.parametrize("upload", [True, False])
def test_a_body_that_ends_too_early_is_answered(program: Program, upload: bool) -> None:
    path, header = ("/digest", "Authorization: x") if upload else ("/hello", "X: x")
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n{header}\r\n\r\n"
    with program.connect() as connection:
        connection.sendall(head.encode() + b"x" * 100)
        connection.shutdown(socket.SHUT_WR)
        answer = connection.recv(1000)
    assert answer.endswith(b"broken") if upload else answer.startswith(b"HTTP/1.1 400 ")


def test_an_answer_whose_client_goes_away_is_closed(program: Program) -> None:
    for file in ("", "&file=1"):
        with program.connect(buffer=4096) as connection:
            connection.sendall(f"GET /many?blocks=100{file} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.recv(1)
    program.wait_until_said("closed\nclosed")


def test_what_was_received_and_sent_is_not_kept(program: Program) -> None:
    body = random.randbytes(10_000_000)
    worker = _child(program)
    for _ in range(3):
        _exchange(program, body)
    before = _resident(worker)
    for _ in range(10):
        _exchange(program, body)
    # Twenty bodies came in, 200 MB; the last ones may lie in memory that each thread keeps for the next.
    assert _resident(worker) - before < 50_000_000, program.said()


def _exchange(program: Program, body: bytes) -> None:
    program.ask("POST", "/digest", body, Authorization="x")
    program.ask("POST", "/digest", iter([body]), Authorization="x")
    for _ in range(20):
        program.ask("POST", "/digest", body[:60_000])
    program.ask("GET", "/many?blocks=10&file=1")
    program.ask("GET", "/many?blocks=10")


def _child(program: Program) -> Path:
    pid = program.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("There is no /proc.")
    return Path("/proc", children.read_text().split()[0])


def _resident(process: Path) -> int:
    line = next(line for line in (process / "status").read_text().splitlines() if line.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


def test_a_request_that_makes_no_sense_is_refused(program: Program) -> None:
    for nonsense in (b"nonsense\r\n\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n"):
        with program.connect() as connection:
            connection.sendall(nonsense)
            assert connection.recv(1000).startswith(b"HTTP/1.1 400")
            connection.shutdown(socket.SHUT_WR)
