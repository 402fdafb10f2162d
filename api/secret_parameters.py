"""Parameters of an address that carry secrets. An address that is shown, sent back or kept goes without them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode

SECRET = frozenset({"private_token", "job_token", "access_token", "token"})


def without_secrets(address: str) -> str:
    """`/a?q=1&private_token=…` → `/a?q=1`. An address without secrets stays as it is, byte for byte."""
    path, mark, query = address.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if name.lower() not in SECRET]
    if len(kept) == len(pairs):
        return address
    return f"{path}{mark}{urlencode(kept)}" if kept else path
