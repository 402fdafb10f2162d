"""axe-core in a page of Playwright: what hinders people with a screen reader, weak eyes or no mouse."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Only what is wrong is worked out in full, and only what is told of it leaves the page.
RUN = """options => axe.run(document, {...options, resultTypes: ["violations"]}).then(found => found.violations.flatMap(
    rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 200)}`)))"""


def findings(page: Page, options: dict[str, object] | None = None) -> list[str]:
    """One line for each element that breaks a rule; `options` as in axe.run: all rules when there are none."""
    if page.evaluate("!window.axe"):  # half a megabyte, which a page keeps until the next one is opened
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, options or {})
    return found
