"""`make screenshots`: a picture of every page in both themes and two widths, with what the console says.

A test file that only this command collects. In the environment: SCREENSHOTS_FOLDER; SCREENSHOTS_LANGUAGE, `en` or `ja`;
SCREENSHOTS_ONLY, a regular expression of names of pages.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from tests.browser.all_pages.administration import list_administration
from tests.browser.all_pages.browsing import Walk, unfold, world
from tests.browser.all_pages.contact_sheet import write_sheet
from tests.browser.all_pages.pages import list_empty_pages, list_pages
from tests.browser.all_pages.world import World
from tests.browser.conftest import Visit

__all__ = ["world"]
pytestmark = pytest.mark.browser

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1280, 390)
MAX_HEIGHT = 4000


def test_take_screenshots(world: World, visit: Callable[..., Visit]) -> None:
    folder = Path(os.environ.get("SCREENSHOTS_FOLDER") or "screenshots").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    only = re.compile(os.environ.get("SCREENSHOTS_ONLY") or "")
    listing = list_pages(world)
    found = {page.name: page for page in [*listing.pages, *list_empty_pages(world), *list_administration(world)]}
    pages = [page for page in found.values() if only.search(page.name)]
    walk, shown = Walk(world, visit, **_language()), []
    for page, seen in walk.pages(pages, listing.left_out):
        unfold(seen)
        shown.append((page, seen.clear_console()))
        for width in WIDTHS:
            for theme in THEMES:
                seen.page.emulate_media(color_scheme=theme)
                _shoot(seen, width, folder / f"{page.name}-{theme}-{width}.jpg")
    write_sheet(folder, shown, listing.left_out, THEMES, WIDTHS)


def _shoot(seen: Visit, width: int, path: Path) -> None:
    seen.page.set_viewport_size({"width": width, "height": 900})
    height = min(seen.page.evaluate("document.documentElement.scrollHeight"), MAX_HEIGHT)
    seen.page.set_viewport_size({"width": width, "height": max(height, 300)})
    seen.page.screenshot(path=path, type="jpeg", quality=70)


def _language() -> dict[str, str]:
    chosen = os.environ.get("SCREENSHOTS_LANGUAGE") or "en"
    return {"language": chosen}
