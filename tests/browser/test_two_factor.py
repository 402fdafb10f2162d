"""Two-factor sign-in in Chromium: a passkey is added, asked for and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.factories.cast import Cast
from tests.support.second_factors import enable_two_factor

pytestmark = pytest.mark.browser

ACCOUNT = "/-/user_settings/two_factor"
TOKENS = "/-/user_settings/personal_access_tokens"
PASSWORD = "let me in please"


@pytest.fixture(autouse=True)
def _address(settings: Any, live_server: Any) -> None:
    settings.EXTERNAL_URL = live_server.url.replace("127.0.0.1", "localhost")
    cache.clear()


def sign_in(seen: Visit, username: str = "maintainer") -> Page:
    page = seen.goto("/users/sign_in")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    return page


def give_device(seen: Visit) -> None:
    """A key in the browser's hand, always touched."""
    session = seen.context.new_cdp_session(seen.page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_is_added_asked_for_and_removed(cast: Cast, visit: Callable[..., Visit], settings: Any) -> None:
    seen = visit(cast.maintainer)
    give_device(seen)
    page = seen.goto(ACCOUNT)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("textbox", name="Name").fill("My laptop")
    page.get_by_role("button", name="Add passkey").click()
    expect(page.locator("#recovery-codes")).to_be_visible()
    seen.context.clear_cookies()
    page = sign_in(seen)
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{seen.address}/")
    settings.REAUTHENTICATION_MINUTES = 1 / 10**9  # at once too long ago
    seen.goto(TOKENS)
    page.locator("#id_name").fill("deploy")
    page.get_by_label("read_api").check()
    page.get_by_role("button", name="Create token").click()
    assert seen.findings() == []
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("#new-token")).to_contain_text("glpat-")
    settings.REAUTHENTICATION_MINUTES = 15
    seen.goto(ACCOUNT)
    page.get_by_role("link", name="Remove My laptop").click()
    page.get_by_role("button", name="Remove the passkey").click()
    expect(page.get_by_role("link", name="Add a passkey")).to_be_visible()
    expect(page.get_by_role("link", name="Remove My laptop")).to_have_count(0)


def test_the_pages_are_sound(cast: Cast, visit: Callable[..., Visit]) -> None:
    enable_two_factor(cast.developer)
    seen = visit(cast.developer, color_scheme="dark")
    paths = (ACCOUNT, f"{ACCOUNT}/passkeys/add", f"{ACCOUNT}/recovery_codes/new", "/-/user_settings/sessions")
    assert seen.problems(*paths) == []
