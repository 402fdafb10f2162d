"""Whose address a request comes from, behind a proxy."""

from __future__ import annotations

import pytest

from server.environ import environ_of

pytestmark = pytest.mark.pure


def address(forwarded: str, *, trust_proxy: bool = True, more: tuple[tuple[bytes, bytes], ...] = ()) -> str:
    scope = {
        "raw_path": b"/",
        "method": "GET",
        "query_string": b"",
        "http_version": "1.1",
        "server": ("127.0.0.1", "80"),
        "client": ("198.51.100.1", "4711"),
        "scheme": "http",
        "headers": [(b"x-forwarded-for", forwarded.encode()), *more],
    }
    found: str = environ_of(scope, trust_proxy=trust_proxy)["REMOTE_ADDR"]
    return found


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("10.0.0.1, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("2001:DB8::9", "2001:db8::9"),
        ("[2001:db8::9]:443", "2001:db8::9"),
        ("unknown", "198.51.100.1"),
        ("203.0.113.9, ", "198.51.100.1"),
        ("", "198.51.100.1"),
    ],
)
def test_the_client_is_who_the_last_proxy_says_if_that_is_an_address(forwarded: str, client: str):
    assert address(forwarded) == client


def test_nobody_says_where_they_are_themselves():
    assert address("203.0.113.9", trust_proxy=False) == "198.51.100.1"


@pytest.mark.parametrize("name", [b"x_forwarded_for", b"x-forwarded_for"])
def test_a_name_with_an_underscore_is_not_taken_for_what_the_proxy_says(name: bytes):
    """A proxy that sets the one passes the other on."""
    assert address("203.0.113.9", more=((name, b"192.0.2.1"),)) == "203.0.113.9"
