"""One request and what is to be answered."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from server.environ import PEER, Environ
from server.sockets import Peer

Header = tuple[str, str]
Headers = list[tuple[bytes, bytes]]


class Exchange:
    """`proto` is granian's side of it: it answers once, and only once."""

    __slots__ = ("environ", "headers", "is_started", "proto", "status")

    def __init__(self, proto: Any, environ: Environ) -> None:
        self.proto = proto
        self.environ = environ
        self.is_started = False
        self.status = 0
        self.headers: list[Header] = []

    @property
    def address(self) -> str:
        address: str = self.environ["REMOTE_ADDR"]
        return address

    @property
    def peer(self) -> Peer:
        """The other end of the connection; a proxy, where there is one."""
        address, port = self.environ[PEER]
        return address, int(port)

    def start_response(self, status: str, headers: list[Header], exc_info: Any = None) -> None:
        """As WSGI has it; nothing is sent before the first block."""
        self.status, self.headers = int(status[:3]), headers

    def close_after(self) -> None:
        """Has the connection end with this answer. Before `send_head`."""
        self.headers = [*self.headers, ("Connection", "close")]

    def send_head(self) -> None:
        self.is_started = True
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        self.proto.send({"type": "http.response.start", "status": self.status, "headers": headers})

    def send_whole(self, body: bytes) -> None:
        self.send_head()
        self.proto.send({"type": "http.response.body", "body": body})

    def send_block(self, block: bytes) -> Any:
        """A future while the client has not made room for it."""
        return self.proto.send({"type": "http.response.body", "body": block, "more_body": True})

    def send_end(self) -> None:
        self.proto.send({"type": "http.response.body", "body": b""})

    def refuse(self, status: HTTPStatus, sentence: str, *, retry_after: int = 0) -> None:
        """An answer of the server's own, after which the connection ends. Too late once another one has begun."""
        if self.is_started:
            return
        if self.environ["PATH_INFO"].startswith("/api/"):
            body, content_type = json.dumps({"message": f"{status.value} {sentence}"}), "application/json"
        else:
            body, content_type = f"{sentence}\n", "text/plain; charset=utf-8"
        self.status = status.value
        self.headers = [("Content-Type", content_type), ("Cache-Control", "no-store"), ("Connection", "close")]
        if retry_after:
            self.headers.append(("Retry-After", str(retry_after)))
        self.send_whole(body.encode())
