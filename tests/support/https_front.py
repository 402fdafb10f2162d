"""HTTPS in front of a live server under a public-looking name, for clients that send credentials over HTTPS only.

The name resolves nowhere: clients are told a proxy, which takes every CONNECT to the server.

    with https_front(tmp_path, "tokens.example.com", "127.0.0.1:8000") as env:
        subprocess.run(["go", "get", "tokens.example.com/group/module"], env=env | …)
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_BLOCK = 65536


@contextmanager
def https_front(folder: Path, name: str, server: str) -> Iterator[dict[str, str]]:
    """Yields the environment that leads Go, git and curl to `server` (host:port) when they ask for https://`name`."""
    certificate = folder / "certificate.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*_certificate(folder, name))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_accept, args=(listener, context, server), daemon=True)
    thread.start()
    proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "SSL_CERT_FILE": str(certificate),
            "GIT_SSL_CAINFO": str(certificate),
        }
    finally:
        listener.close()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for `name` and its key. `certificate.pem` is the authority that vouches for it: rustls takes no
    certificate that vouches for itself."""
    authority, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _build("Authority of the tests", authority.public_key(), "Authority of the tests", authority, ca=True)
    leaf = _build(name, key.public_key(), "Authority of the tests", authority, ca=False)
    (folder / "certificate.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    files = folder / "server.pem", folder / "key.pem"
    files[0].write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def _build(
    name: str, key: ec.EllipticCurvePublicKey, issuer: str, signed_by: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("authority.example.com" if ca else name)]), critical=False
        )
        .sign(signed_by, hashes.SHA256())
    )


def _accept(listener: socket.socket, context: ssl.SSLContext, server: str) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:  # closed at the end of the test
            return
        threading.Thread(target=_serve, args=(client, context, server), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, server: str) -> None:
    with contextlib.suppress(OSError), client:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(_BLOCK)
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with context.wrap_socket(client, server_side=True) as secure:
            _Forward(secure, server)
            secure.unwrap()  # GnuTLS takes any other end for an attack


class _Forward(BaseHTTPRequestHandler):
    """One request per connection, handed on with what a proxy says of HTTPS. Bodies have a length."""

    def __init__(self, secure: ssl.SSLSocket, upstream: str) -> None:
        self.upstream = upstream
        super().__init__(secure, ("", 0), None)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection(self.upstream)
        upstream.request(self.command, self.path, body, {**self.headers, "X-Forwarded-Proto": "https"})
        answer = upstream.getresponse()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection"}:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.read())

    do_HEAD = do_POST = do_GET
