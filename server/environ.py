"""The WSGI environment of a request, from the scope that granian hands over."""

from __future__ import annotations

import sys
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]

PEER = "server.peer"  # the other end of the connection, which may be a proxy: address and port, as texts
_MAX_KNOWN_NAMES = 1000  # clients choose the names
_BODY_HEADERS = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
_known_names: dict[bytes, str] = {}


class FileBlocks:
    """PEP 3333's `wsgi.file_wrapper`: a file as blocks."""

    reads_files = True
    BLOCK = 256 * 1024

    def __init__(self, file: BinaryIO, block_size: int = 0) -> None:
        self.file = file

    def __iter__(self) -> FileBlocks:
        return self

    def __next__(self) -> bytes:
        block = self.file.read(self.BLOCK)
        if not block:
            raise StopIteration
        return block

    def close(self) -> None:
        self.file.close()


_BASE: Environ = {
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "granian",
    "wsgi.errors": sys.stderr,
    "wsgi.file_wrapper": FileBlocks,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}


def environ_of(scope: Environ, *, trust_proxy: bool = False) -> Environ:
    """Everything but `wsgi.input`. `REQUEST_URI` is the path as it was sent, `%2F` not decoded. With `trust_proxy` the
    client's address is what the last proxy says it is."""
    environ = _BASE.copy()
    path = scope["raw_path"].decode("latin-1")
    environ["REQUEST_METHOD"] = scope["method"]
    environ["REQUEST_URI"] = path
    environ["PATH_INFO"] = path if "%" not in path else unquote_to_bytes(path).decode("latin-1")
    environ["QUERY_STRING"] = scope["query_string"].decode("latin-1")
    environ["SERVER_PROTOCOL"] = "HTTP/1.1" if scope["http_version"] == "1.1" else "HTTP/1.0"
    environ["SERVER_NAME"], environ["SERVER_PORT"] = scope["server"]
    environ[PEER] = environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = scope["client"]
    environ["wsgi.url_scheme"] = scope["scheme"]
    for raw_name, raw_value in scope["headers"]:
        if b"_" in raw_name:
            continue  # it would pass for the header with a hyphen, which a proxy sets or takes away
        name = _known_names.get(raw_name) or _name_of(raw_name)
        value = raw_value.decode("latin-1")
        environ[name] = value if name not in environ else _join(name, environ[name], value)
    if trust_proxy:
        forwarded = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        environ["REMOTE_ADDR"] = _address_in(forwarded) or environ["REMOTE_ADDR"]
    return environ


@lru_cache(maxsize=4096)
def _address_in(text: str) -> str:
    """Of what a proxy says, which may have a port with it; "" for what is no address."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        return str(ip_address(host))
    except ValueError:
        return ""


def _join(name: str, value: str, more: str) -> str:
    """A header that came twice. Granian takes two lengths of a body only where they are the same."""
    if name in _BODY_HEADERS.values():
        return value
    return f"{value}{';' if name == 'HTTP_COOKIE' else ','}{more}"


def _name_of(raw_name: bytes) -> str:
    name = _BODY_HEADERS.get(raw_name) or f"HTTP_{raw_name.decode('latin-1').upper().replace('-', '_')}"
    if len(_known_names) < _MAX_KNOWN_NAMES:
        _known_names[raw_name] = name
    return name


def has_body(environ: Environ) -> bool:
    return is_chunked(environ) or environ.get("CONTENT_LENGTH", "0") != "0"


def is_chunked(environ: Environ) -> bool:
    return "HTTP_TRANSFER_ENCODING" in environ


def waits_for_word(environ: Environ) -> bool:
    """Whether the client sends its body once it is told to, or not at all."""
    return environ.get("HTTP_EXPECT", "").lower() == "100-continue"


def length_of(environ: Environ) -> int:
    """Of the body, in bytes; 0 where only its end will tell. Granian has refused what is no number."""
    return 0 if is_chunked(environ) else int(environ.get("CONTENT_LENGTH") or 0)
