"""What environments may be called, and where they may be found."""

from __future__ import annotations

import pytest

from ci_config.environment_url import url_error
from jobs.environments.names import environment_slug, name_error


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("production", "production"),
        ("review/main", "review-main-yi2y9f"),
        ("Review", "review-wod5hu"),
        ("1a", "env-1a-wazbdx"),
        ("a" * 30, "aaaaaaaaaaaaaaaaa-16ttu2"),
        ("x-", "x"),
    ],
)
def test_the_short_name_of_an_environment(name: str, slug: str) -> None:
    assert environment_slug(name) == slug


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["", " ", "/a", "a/", "a!b", "ä", "a\n", "a\0", "a" * 256])
def test_a_bad_name_is_refused(name: str) -> None:
    assert name_error(name)


@pytest.mark.one_case
@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JavaScript://x/%0aalert(1)", "data:text/html,x", "ftp://x", "//x", "x", "http://",
        "https:///x",
        "https://a b", "https://x/\n", "https://[", "https://x:99999", 'https://x/"onclick=', "http:\\\\x",
        " https://x", "https://" + "x" * 250,
    ],
)  # fmt: skip
def test_an_address_nobody_is_sent_to(url: str) -> None:
    assert url_error(url)


def test_an_address_of_the_web_is_fine() -> None:
    assert not url_error("https://app.example.org:8443/a?b=c#d")
