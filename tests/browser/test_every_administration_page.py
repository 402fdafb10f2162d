"""Every page of the administration, with rows of every kind: axe-core finds nothing, and a phone shows it whole."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.all_pages.administration import list_administration
from tests.browser.all_pages.browsing import Walk, world
from tests.browser.all_pages.world import World
from tests.browser.conftest import PHONES, Visit

__all__ = ["world"]
pytestmark = pytest.mark.browser

PARTS = 3  # that may run at the same time
# What scrolls on its own, or hides what is wider than it is.
SCROLLED = """[...document.querySelectorAll("#content *")].filter((one) =>
    one.clientWidth > 5 && one.scrollWidth > one.clientWidth + 1 && !one.matches("select, textarea, input")
    && getComputedStyle(one).overflowX !== "visible" && !one.closest(".select2")
).map((one) => one.cloneNode().outerHTML.slice(0, 200))"""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_of_the_administration_is_sound_and_fits_a_phone(
    world: World, visit: Callable[..., Visit], part: int
) -> None:
    found: list[str] = []
    for page, seen in Walk(world, visit).pages(list_administration(world)[part::PARTS], {}):
        found += [f"{page.name}: {finding}" for finding in [*_problems(seen), *seen.clear_console()]]
    assert found == [], "\n".join(found)


def _problems(seen: Visit) -> list[str]:
    found = seen.findings()
    found += [f"is too wide at {width}" for width in seen.too_wide(PHONES[::-1])]
    return found + [f"scrolls sideways: {element}" for element in seen.page.evaluate(SCROLLED)]
