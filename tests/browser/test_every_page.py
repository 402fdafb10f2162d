"""axe-core finds nothing on any page, in either theme; the keyboard is seen; none is cut off or scrolls sideways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.all_pages.browsing import Walk, unfold, world
from tests.browser.all_pages.pages import list_pages, one_of_each_view
from tests.browser.all_pages.world import World
from tests.browser.conftest import Visit

__all__ = ["world"]
pytestmark = pytest.mark.browser

PARTS = 3  # that may run at the same time


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_sound(world: World, visit: Callable[..., Visit], part: int) -> None:
    listing = list_pages(world)
    pages = one_of_each_view(listing.pages)
    found = []
    for page, seen in Walk(world, visit).pages(pages[part::PARTS], listing.left_out):
        unfold(seen)
        found += [f"{page.name}: {finding}" for finding in [*seen.findings_here(), *seen.clear_console()]]
    assert found == [], "\n".join(found)
