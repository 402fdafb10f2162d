"""Addresses that people write down for others to follow."""

from __future__ import annotations

from collections.abc import Container
from urllib.parse import urlsplit


def is_url(text: str, schemes: Container[str]) -> bool:
    """Whether it leads to a host, and can be written into a header as it is."""
    try:
        parts = urlsplit(text)
        has_host = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return has_host and text.isprintable() and " " not in text
