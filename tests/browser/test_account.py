"""Signing in and one's own pages in Chromium: with the keyboard, without script, in both themes, on any width."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from identity.models import today
from tests.browser.conftest import Visit
from tests.factories import people
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

TOKENS = "/-/user_settings/personal_access_tokens"
PASSWORD = "let me in please"


@pytest.mark.parametrize("page", [TOKENS, TOKENS + "/{}/revoke", "/-/user_settings/password"])
def test_the_pages_are_sound(cast: Cast, visit: Callable[..., Visit], page: str) -> None:
    scopes = ("api", "read_api", "read_user", "read_repository", "write_repository", "create_runner")
    people.token_for(cast.developer, scopes, expires_at=today() + timedelta(days=2))
    people.token_for(cast.developer, revoked=True)
    cast.developer.personal_tokens.update(name="a-name-without-a-break-" * 11)
    seen = visit(cast.developer)
    assert seen.problems(page.format(cast.developer.personal_tokens.active().get().pk)) == []


def test_a_person_signs_in_with_the_keyboard(cast: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit()
    page = seen.goto(TOKENS)
    page.keyboard.type("maintainer")
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Incorrect username or password")
    assert seen.findings() == []
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(seen.address + TOKENS)


@pytest.mark.parametrize("script", [True, False])
def test_a_token_is_made_copied_and_revoked(cast: Cast, visit: Callable[..., Visit], script: bool) -> None:
    seen = visit(cast.developer, java_script_enabled=script)
    page = seen.goto(TOKENS)
    page.locator("#id_name").fill("deploy")
    page.get_by_label("read_api").check()
    page.get_by_role("button", name="Create token").click()
    expect(page.locator("#new-token")).to_contain_text("glpat-")
    expect(page.get_by_role("button", name="Copy")).to_be_visible(visible=script)
    page.get_by_role("link", name="Revoke deploy").click()
    page.get_by_role("button", name="Revoke deploy").click()
    expect(page.get_by_role("status").filter(has_text="Token deploy revoked")).to_be_visible()
    expect(page.locator("#new-token")).to_have_count(0)
