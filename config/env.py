"""Typed readers of environment variables; nonsense is refused loudly, with the variable's name."""

from __future__ import annotations

import base64
import os
import secrets
from contextlib import suppress
from pathlib import Path
from pwd import getpwuid
from tempfile import NamedTemporaryFile
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.exceptions import ImproperlyConfigured

MAX_PROVIDER = 200  # characters of an issuer or entity ID: what SocialAccount.provider holds


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def integer(name: str, default: int, *, minimum: int = 0, maximum: int = 2**31 - 1) -> int:
    raw = text(name)
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not minimum <= int(raw) <= maximum:
        raise ImproperlyConfigured(f"{name} must be a whole number from {minimum} to {maximum}, not {raw!r}.")
    return int(raw)


def flag(name: str, default: bool) -> bool:
    raw = text(name).lower()
    if not raw:
        return default
    if raw in {"1", "true", "yes", "on"}:
        return True
    if raw in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")


def word_list(name: str) -> list[str]:
    """Comma-separated words, blanks dropped."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def folder(name: str, default: Path) -> Path:
    """A folder that exists and can be written to; it is made when absent."""
    path = Path(text(name) or default).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be made: {error.strerror}.") from error
    if not os.access(path, os.W_OK):
        raise ImproperlyConfigured(f"{name}: the folder {path} cannot be written to.")
    return path


def web_address(name: str, default: str) -> str:
    """An http(s) address without a trailing slash."""
    raw = text(name, default).rstrip("/")
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must be an address such as https://ci.example.org, not {raw!r}.")
    return raw


def ssh_address(name: str, *, host: str, port: int) -> str:
    """`ssh://account@host` or `ssh://account@host:port`; by default with the account of this process."""
    account = getpwuid(os.geteuid()).pw_name
    raw = text(name, f"ssh://{account}@{f'[{host}]' if ':' in host else host}:{port}").rstrip("/")
    parts = urlsplit(raw)
    complete = parts.scheme == "ssh" and parts.username and parts.hostname and not parts.password
    if not complete or parts.path or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must be an address such as ssh://git@ci.example.org:2222, not {raw!r}.")
    return raw


def provider_address(name: str) -> str:
    """The address of another server that people are sent to, by https unless it is on this machine; "" for none."""
    if not text(name):
        return ""
    address = web_address(name, "")
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise ImproperlyConfigured(f"{name} must begin with https://, not {address!r}.")
    if len(address) > MAX_PROVIDER:
        raise ImproperlyConfigured(f"{name} is longer than {MAX_PROVIDER} characters.")
    return address


def certificates(name: str) -> list[str]:
    """The certificates of a PEM file, in base 64 of one line each; none without a file."""
    if not text(name):
        return []
    path = Path(text(name)).expanduser()
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"{name}: {path} is no file of certificates (PEM).") from error
    return [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in found]


def secret(name: str, path: Path) -> str:
    """A secret from the environment, or one made on first use and kept in a file only its owner can read."""
    given = text(name)
    if given:
        if len(given) < 32:
            raise ImproperlyConfigured(f"{name} must be at least 32 characters long.")
        return given
    with suppress(FileNotFoundError):
        return _read_secret(name, path)
    with NamedTemporaryFile("w", dir=path.parent) as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        # Of two first starts at once the second finds the file, and finds it whole.
        with suppress(FileExistsError):
            os.link(file.name, path)
    return _read_secret(name, path)


def _read_secret(name: str, path: Path) -> str:
    kept = path.read_text().strip()
    if len(kept) < 32:
        raise ImproperlyConfigured(f"{path} holds no usable secret; remove it or set {name}.")
    return kept
