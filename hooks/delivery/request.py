"""One request to a receiver. Its host is looked up once and the connection goes to the address that was checked;
redirections are not followed."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import SplitResult, urlsplit

import urllib3
from django.conf import settings
from django.utils.translation import gettext_noop
from urllib3.connection import HTTPConnection, HTTPSConnection

from outbound.addresses import Address, PrivateHost, UnknownHost, public_address

CONNECT_SECONDS = 5.0
MAX_SECONDS = 10.0  # for the whole exchange
MAX_BODY = 8 * 1024
MAX_HEADERS = 50
MAX_HEADER = 1024
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Answer:
    """`status` None: there was none, and `error` says why, in English: pages translate it."""

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    error: str = ""
    seconds: float = 0.0


class NotSent(Exception):
    """The text says why, to people."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, verifies_tls: bool, any_network: bool) -> Answer:
    """Never raises. `any_network`: the address may lie in a network that is none of the internet's."""
    start = time.monotonic()
    try:
        parts, address = check_url(url, any_network=any_network)
        status, got, text = _exchange(parts, address, body, headers, verifies_tls, start)
    except NotSent as error:
        return Answer(error=str(error)[:255], seconds=time.monotonic() - start)
    except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
        return Answer(error=_reason(error), seconds=time.monotonic() - start)
    return Answer(status, got, text, seconds=time.monotonic() - start)


def check_url(url: str, *, any_network: bool) -> tuple[SplitResult, Address]:
    """Raises NotSent."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, KeyError):
        raise NotSent(gettext_noop("The address should begin with http:// or https://")) from None
    try:
        networks = settings.REMOTE_INCLUDE_NETWORKS
        return parts, public_address(host, port, networks=networks, any_network=any_network)
    except UnknownHost:
        raise NotSent(gettext_noop("The name servers do not know the host")) from None
    except PrivateHost:
        raise NotSent(gettext_noop("Requests to the local network are not allowed")) from None


def _exchange(
    parts: SplitResult, address: Address, body: bytes, headers: Mapping[str, str], verifies_tls: bool, start: float
) -> tuple[int, dict[str, str], str]:
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    sent = {"Host": parts.netloc.rpartition("@")[2], "Accept-Encoding": "identity", **_basic(parts), **headers}
    connection = _connection(parts, address, verifies_tls)
    watch = threading.Timer(MAX_SECONDS, _hang_up, [connection])
    watch.daemon = True
    try:
        connection.connect()
        connection.sock.settimeout(MAX_SECONDS)
        watch.start()
        connection.request("POST", path, body=body, headers=sent, preload_content=False)
        response = connection.getresponse()
        got = list(response.headers.items())[:MAX_HEADERS]
        kept = {_storable(name[:255]): _storable(value[:MAX_HEADER]) for name, value in got}
        return response.status, kept, _text(response, start)
    finally:
        watch.cancel()
        connection.close()


def _hang_up(connection: HTTPConnection) -> None:
    """However slowly a receiver answers, byte by byte, it has MAX_SECONDS."""
    with suppress(OSError, AttributeError):
        connection.sock.shutdown(socket.SHUT_RDWR)


def _connection(parts: SplitResult, address: Address, verifies_tls: bool) -> HTTPConnection:
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if parts.scheme == "http":
        return HTTPConnection(str(address), port, timeout=CONNECT_SECONDS)
    checks: dict[str, Any] = (
        {"cert_reqs": "CERT_REQUIRED", "assert_hostname": host, "ca_certs": settings.REMOTE_INCLUDE_CA}
        if verifies_tls
        else {"cert_reqs": "CERT_NONE"}
    )
    return HTTPSConnection(str(address), port, timeout=CONNECT_SECONDS, server_hostname=host, **checks)


def _basic(parts: SplitResult) -> dict[str, str]:
    if not parts.username:
        return {}
    return urllib3.make_headers(basic_auth=f"{parts.username}:{parts.password or ''}")


def _text(response: urllib3.BaseHTTPResponse, start: float) -> str:
    """The first MAX_BODY bytes of the body. Raises NotSent when the time is over."""
    content = bytearray()
    while len(content) < MAX_BODY and (block := response.read1(MAX_BODY, decode_content=False)):
        content += block
        if time.monotonic() - start > MAX_SECONDS:
            raise NotSent(gettext_noop("The receiver took too long to answer"))
    return _storable(bytes(content[:MAX_BODY]).decode(errors="replace"))


def _storable(text: str) -> str:
    """PostgreSQL has no NUL in texts: an answer that cannot be kept would have its event sent again and again."""
    return text.replace("\0", "�")


def _reason(error: Exception) -> str:
    """What people may know of it; the texts of libraries name addresses."""
    match error:
        case urllib3.exceptions.TimeoutError() | TimeoutError():
            return gettext_noop("The receiver took too long to answer")
        case urllib3.exceptions.SSLError() | ssl.SSLError():
            return gettext_noop("The receiver's certificate could not be verified")
        case urllib3.exceptions.NewConnectionError() | OSError():
            return gettext_noop("The receiver could not be reached")
        case _:
            return gettext_noop("The receiver gave no proper answer")
