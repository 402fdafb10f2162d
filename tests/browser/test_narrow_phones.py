"""Pages with long words, on the narrowest phone, in both languages: nothing sticks out of the page or of its panel."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.all_pages.browsing import Walk, world
from tests.browser.all_pages.world import Page, World
from tests.browser.conftest import PHONES, Visit

__all__ = ["world"]
pytestmark = pytest.mark.browser

PAGES = [
    "/-/user_settings/two_factor/recovery_codes",
    "/acme/library/-/settings/ci_cd/runners",
    "/groups/acme/-/runners",
]
CUT_OFF = """[...document.querySelectorAll("html, main .panel")].filter((one) =>
    one.scrollWidth > one.clientWidth
).map((one) => one.cloneNode().outerHTML.slice(0, 120))"""


def test_nothing_sticks_out_on_the_narrowest_phone(world: World, visit: Callable[..., Visit]) -> None:
    found = []
    for language in ("en", "ja"):
        for page, seen in Walk(world, visit, locale=language).pages([Page(path) for path in PAGES], {}):
            seen.page.set_viewport_size({"width": min(PHONES), "height": 800})
            found += [f"{language} {page.path}: {element}" for element in seen.page.evaluate(CUT_OFF)]
    assert found == []
