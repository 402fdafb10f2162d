"""Settings › Packages in a browser: sound in both themes and on a phone, and usable without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from resources.packages.models import PackageProtectionRule
from tests.browser.conftest import Visit
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

AT = "/acme/library/-/settings/packages"


def test_axe_finds_nothing_and_nothing_scrolls_sideways(cast: Cast, visit: Callable[..., Visit]) -> None:
    pattern = f"@acme/{'a-very-long-name-' * 12}*"
    rule = PackageProtectionRule.objects.create(
        project=cast.library, kind="npm", name_pattern=pattern, min_push_role=40
    )
    seen = visit(cast.maintainer)
    assert seen.problems(AT, f"{AT}/{rule.pk}/delete") == []


def test_packages_are_protected_and_unprotected_by_keys(cast: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(cast.maintainer).goto(AT)
    page.locator("#id_kind").select_option("npm")
    page.locator("#id_name_pattern").focus()
    page.keyboard.type("@acme/*")
    page.keyboard.press("Enter")
    expect(page.get_by_text("@acme/* protected.")).to_be_visible()
    page.get_by_role("link", name="Unprotect @acme/*").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Unprotect").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("@acme/* unprotected.")).to_be_visible()
