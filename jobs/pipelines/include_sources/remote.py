"""`include: remote`: a file of another server, from a host that an administrator has listed.

The host's addresses are looked up once, each has to be public, and the connection goes to the one that was checked: a
name that leads somewhere else a moment later cannot lead inside. Redirections are not followed.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import b64encode
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

import urllib3
from django.conf import settings

from ci_config import CannotInclude
from outbound.addresses import Address, PrivateHost, UnknownHost, public_address
from tokenaccess.models import InstanceSettings

MAX_FILE_SIZE = 1024 * 1024
MAX_SECONDS = 10.0  # for all files of one pipeline
CONNECT_SECONDS, READ_SECONDS = 3.0, 5.0
BLOCK = 64 * 1024
HTTPS_PORT = 443
SWITCHED_OFF = (
    "files of other servers are not included here: an administrator can list hosts for that (`ci_remote_include_hosts` "
    "of the application settings); otherwise put a copy into a project and include it with `project` and `file`"
)


@dataclass(slots=True)
class RemoteReader:
    """Reads the remote files of one pipeline."""

    deadline: float = field(default_factory=lambda: time.monotonic() + MAX_SECONDS)

    def read(self, url: str, integrity: str) -> str:
        """The text of the file. Raises CannotInclude."""
        hosts = InstanceSettings.current().ci_remote_include_hosts
        if not hosts:
            raise CannotInclude(SWITCHED_OFF)
        parts = split_url(url, hosts)
        self.seconds_left(url)
        content = self.download(url, parts, address_of(parts))
        if integrity and not hmac.compare_digest(digest(content), integrity):
            raise CannotInclude(f"“{url[:200]}” is another file than `integrity` says; its digest is {digest(content)}")
        try:
            return content.decode()
        except UnicodeDecodeError:
            raise CannotInclude(f"“{url[:200]}” is not UTF-8 text") from None

    def download(self, url: str, parts: SplitResult, address: Address) -> bytes:
        host, port = parts.hostname or "", parts.port or HTTPS_PORT
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        pool = urllib3.HTTPSConnectionPool(
            str(address),
            port,
            cert_reqs="CERT_REQUIRED",
            ca_certs=settings.REMOTE_INCLUDE_CA,
            server_hostname=host,
            assert_hostname=host,
            retries=False,
            timeout=self.timeout(url),
        )
        headers = {"Host": parts.netloc, "User-Agent": "token-access", "Accept-Encoding": "identity"}
        try:
            with pool, pool.request("GET", path, headers=headers, redirect=False, preload_content=False) as response:
                if response.status != 200:
                    raise CannotInclude(f"“{url[:200]}” cannot be had: {status_problem(response)}")
                return self.content(url, response)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise CannotInclude(f"“{url[:200]}” cannot be had: {type(error).__name__}") from error

    def content(self, url: str, response: urllib3.BaseHTTPResponse) -> bytes:
        content = bytearray()
        while block := response.read1(BLOCK, decode_content=False):
            content += block
            if len(content) > MAX_FILE_SIZE:
                raise CannotInclude(f"“{url[:200]}” is larger than {MAX_FILE_SIZE // 1024} KiB")
            self.seconds_left(url)
        return bytes(content)

    def timeout(self, url: str) -> urllib3.Timeout:
        """For one connection; a server that does not answer must not use more than the time of all files."""
        left = self.seconds_left(url)
        return urllib3.Timeout(connect=min(CONNECT_SECONDS, left), read=min(READ_SECONDS, left))

    def seconds_left(self, url: str) -> float:
        """More than 0. Raises CannotInclude when the time of all files is over."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise CannotInclude(f"“{url[:200]}” takes too long: all remote files have {MAX_SECONDS:.0f} seconds")
        return left


def split_url(url: str, hosts: list[str]) -> SplitResult:
    """The parts of an address that may be included. Raises CannotInclude."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or HTTPS_PORT
    except ValueError:
        raise CannotInclude(f"“{url[:200]}” is no address") from None
    if parts.scheme != "https" or "@" in parts.netloc or not url.isascii() or not url.isprintable() or " " in url:
        raise CannotInclude(f"“{url[:200]}” should be an address that begins with https://, without a user name")
    if (host if port == HTTPS_PORT else f"{host}:{port}") not in hosts:
        raise CannotInclude(
            f"the host of “{url[:200]}” is none of those from which files are included here: {', '.join(hosts)[:500]}; "
            "an administrator can add it"
        )
    return parts


def address_of(parts: SplitResult) -> Address:
    """An address of the host; all of them have to be public. Raises CannotInclude."""
    host = parts.hostname or ""
    try:
        return public_address(host, parts.port or HTTPS_PORT, networks=settings.REMOTE_INCLUDE_NETWORKS)
    except UnknownHost:
        raise CannotInclude(f"the host “{host[:200]}” is not known to the name servers") from None
    except PrivateHost:
        raise CannotInclude(
            f"the host “{host[:200]}” leads to an address inside, from which nothing is included"
        ) from None


def status_problem(response: urllib3.BaseHTTPResponse) -> str:
    if response.get_redirect_location():
        return "the server redirects, which is not followed; name the address where the file is"
    return f"the server answers with status {response.status}"


def digest(content: bytes) -> str:
    return f"sha256-{b64encode(hashlib.sha256(content).digest()).decode()}"
