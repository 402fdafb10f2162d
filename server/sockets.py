"""What the kernel knows of the connections: who they are with, and how many bytes the client has taken."""

from __future__ import annotations

import os
import socket
import stat
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

Peer = tuple[str, int]

_OPEN_FILES = "/dev/fd"
_BYTES_ACKED = 120  # offset of a u64 in Linux's struct tcp_info
_MAX_INFO = 256
_RESET = struct.pack("ii", 1, 0)  # struct linger: on, zero seconds
# Linux gives up a connection whose client takes nothing at all for so long; inherited from the listening socket.
_STALLED_MILLISECONDS = 60_000


def listening_socket(address: str, port: int) -> socket.socket:
    """Bound, to share its port with the other workers' sockets; granian makes it listen."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _STALLED_MILLISECONDS)
    listener.bind((address, port))
    return listener


class Connections:
    """This process's connections by the client's address and port; looked up anew when asked to `refresh`."""

    def __init__(self) -> None:
        self._descriptors: dict[Peer, int] = {}

    def refresh(self) -> None:
        self._descriptors = dict(_open_connections())

    def bytes_taken(self, peer: Peer) -> int | None:
        """By the client since the connection began; None when the connection is gone or the system does not say."""
        with self._connection(peer) as connection:
            if connection is None or not hasattr(socket, "TCP_INFO"):
                return None
            info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _MAX_INFO)
        if len(info) < _BYTES_ACKED + 8:
            return None
        taken: int = struct.unpack_from("Q", info, _BYTES_ACKED)[0]
        return taken

    def cut(self, peer: Peer) -> None:
        """In the middle of a response: the client must not take it for complete. What the client has not taken yet is
        thrown away with the connection: a client that takes nothing would keep it in the kernel's memory."""
        with self._connection(peer) as connection, suppress(OSError):
            if connection is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                connection.shutdown(socket.SHUT_RDWR)

    @contextmanager
    def _connection(self, peer: Peer) -> Iterator[socket.socket | None]:
        """A descriptor may have been closed and opened for another one since the look-up."""
        connection = None
        try:
            descriptor = self._descriptors.get(peer)
            if descriptor is not None:
                with suppress(OSError):
                    connection = _duplicate(descriptor)
            yield connection if connection is not None and _peer_of(connection) == peer else None
        finally:
            if connection is not None:
                connection.close()


def _open_connections() -> Iterator[tuple[Peer, int]]:
    with suppress(OSError):
        for name in os.listdir(_OPEN_FILES):
            descriptor = int(name)
            with suppress(OSError):
                if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                    with _duplicate(descriptor) as connection:
                        peer = _peer_of(connection)
                    if peer is not None:
                        yield peer, descriptor


def _duplicate(descriptor: int) -> socket.socket:
    """The family, of which IPv6 has the longest addresses, is not looked up: that would fail, and leave a descriptor
    open, where it is no socket any more."""
    return socket.fromfd(descriptor, socket.AF_INET6, socket.SOCK_STREAM)


def _peer_of(connection: socket.socket) -> Peer | None:
    try:
        peer = connection.getpeername()
    except OSError:
        return None
    return peer[:2] if isinstance(peer, tuple) else None  # a text: a socket of this machine alone
