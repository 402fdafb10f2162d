"""Validates addresses of environments."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MAX_URL_LENGTH = 255


def url_error(url: str) -> str:
    """What is wrong with an address that pages link to, as GitLab words it; empty if it is valid.

    Only http and https are allowed, because a link with another scheme could run a script.
    """
    if len(url) > MAX_URL_LENGTH:
        return f"is too long (maximum is {MAX_URL_LENGTH} characters)"
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
