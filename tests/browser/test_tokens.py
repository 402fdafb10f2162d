"""The Tokens pages in Chromium: a project's are made and revoked, and one's own fine-grained ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

TOKENS = "/acme/library/-/settings/access_tokens"
OWN = "/-/user_settings/personal_access_tokens"


def test_tokens_are_made_and_revoked(cast: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(cast.maintainer)
    page = seen.goto(TOKENS)
    page.get_by_text("Create an access token", exact=True).click()
    made = page.locator("form", has=page.get_by_role("button", name="Create access token"))
    made.get_by_role("textbox", name="Name", exact=True).fill("robot")
    made.get_by_label("read_api").check()
    made.get_by_role("button").click()
    expect(page.locator("#new-token")).to_contain_text("glpat-")
    page.get_by_text("Create a deploy token", exact=True).click()
    made = page.locator("form", has=page.get_by_role("button", name="Create deploy token"))
    made.get_by_role("textbox", name="Name", exact=True).fill("fetcher")
    made.get_by_label("read_repository").check()
    made.get_by_role("button").click()
    expect(page.locator("#new-token")).to_contain_text("gldt-")
    assert seen.findings() == []
    page.get_by_role("link", name="Revoke robot").click()
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("status").filter(has_text="Token robot revoked")).to_be_visible()
    seen.goto(OWN)
    page.get_by_text("Create a fine-grained token", exact=True).click()
    made = page.locator("form", has=page.get_by_role("button", name="Create fine-grained token"))
    made.get_by_role("textbox", name="Name", exact=True).fill("narrow")
    made.get_by_label("Projects and groups", exact=False).fill("acme/library")
    made.get_by_label("read_code").check()
    made.get_by_role("button").click()
    expect(page.locator("#new-token")).to_contain_text("glpat-")
    assert seen.findings() == []
    assert seen.too_wide() == []
