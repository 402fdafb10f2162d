"""Theme and width of the navigation, kept in cookies."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portal.preferences import known_zones, zone_names

pytestmark = pytest.mark.django_db


def test_a_theme_is_kept_and_pinned_on_the_next_page(browser: Any) -> None:
    client = browser()
    answer = client.post("/-/preferences/theme", {"theme": "dark", "next": "/explore/groups?q=a"})
    assert (answer.status_code, answer["Location"]) == (302, "/explore/groups?q=a")
    assert answer.cookies["theme"]["samesite"] == "Lax"
    assert 'data-bs-theme="dark"' in client.get("/explore/groups").content.decode()


def test_system_takes_the_pin_away(browser: Any) -> None:
    client = browser()
    client.post("/-/preferences/theme", {"theme": "dark"})
    client.post("/-/preferences/theme", {"theme": "system"})
    assert "data-bs-theme" not in client.get("/explore/groups").content.decode()


def test_the_rail_is_kept(browser: Any) -> None:
    client = browser()
    client.post("/-/preferences/nav", {"nav": "rail"})
    assert 'data-nav="rail"' in client.get("/-/preferences").content.decode()


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "\x00", ""])
def test_a_preference_never_redirects_to_another_host(browser: Any, away: str) -> None:
    answer = browser().post("/-/preferences/nav", {"nav": "full", "next": away})
    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("theme", ["", "neon", "dark\r\nSet-Cookie: a=b", "d" * 10_000])
def test_an_unknown_theme_is_refused_with_the_choices_named(browser: Any, theme: str) -> None:
    answer = browser().post("/-/preferences/theme", {"theme": theme})
    assert answer.status_code == 400
    assert "system, light, dark" in answer.content.decode()
    assert "theme" not in answer.cookies


def test_an_unknown_cookie_counts_as_no_choice(browser: Any) -> None:
    client = browser()
    client.cookies["theme"] = '"><script>'
    assert "data-bs-theme" not in client.get("/explore/groups").content.decode()


def test_a_form_of_another_site_changes_nothing() -> None:
    answer = Client(enforce_csrf_checks=True).post("/-/preferences/theme", {"theme": "dark"})
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_reading_the_address_of_a_change_is_not_allowed(browser: Any) -> None:
    assert browser().get("/-/preferences/theme").status_code == 405


def test_the_time_zones_to_choose_from_are_those_of_places_and_utc() -> None:
    names = zone_names()
    assert {"UTC", "Asia/Tokyo", "America/Argentina/Buenos_Aires"} <= set(names)
    assert not [name for name in names if name.startswith(("Etc/", "posix", "Factory", "localtime"))]
    assert "Etc/GMT+3" in known_zones()
