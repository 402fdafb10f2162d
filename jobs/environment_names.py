"""What an environment may be called, the short name it has in addresses, and which address it may be found at."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import urlsplit

LONGEST = 255
_CHARACTERS = re.compile(r"[A-Za-z0-9_ /\-${}.]+")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
# Names of servers, of containers and labels of Kubernetes are made of it.
_LONGEST_SLUG, _HEAD, _TAIL = 24, 17, 6


def fault_of_name(name: str) -> str:
    """What is wrong with it, in the contract's words; empty when nothing is."""
    if not name.strip():
        return "can't be blank"
    if len(name) > LONGEST:
        return f"is too long (maximum is {LONGEST} characters)"
    if not _CHARACTERS.fullmatch(name) or name.startswith("/") or name.endswith("/"):
        return (
            "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
            "but it cannot start or end with '/'"
        )
    return ""


def fault_of_url(url: str) -> str:
    """The same for an address that pages link to: nothing but the web's own schemes, or a click could run a script."""
    if len(url) > LONGEST:
        return f"is too long (maximum is {LONGEST} characters)"
    if re.search(r"[\s\\<>\"\x00-\x1f\x7f]", url):
        return "is blocked: URI is invalid"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is blocked: URI is invalid"
    if parts.scheme not in {"http", "https"}:
        return "is blocked: Only allowed schemes are http, https"
    return "" if host else "is blocked: URI is invalid"


def slug_of(name: str) -> str:
    """At most 24 lower-case letters, digits and `-`, a letter first. A name that loses something on the way gets six
    characters of its checksum, so that different names stay different."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
    if not slug[:1].isalpha():
        slug = re.sub(r"-+", "-", f"env-{slug}")
    if slug == name and len(slug) <= _LONGEST_SLUG:
        return slug.removesuffix("-")
    return f"{slug[:_HEAD].removesuffix('-')}-{_checksum(name)}"


def _checksum(name: str) -> str:
    number, text = int.from_bytes(hashlib.sha256(name.encode()).digest()), ""
    for _ in range(_TAIL):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
