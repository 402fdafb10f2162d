"""A real browser on a live server: Chromium through Playwright."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.support import axe

# What people do with Token Access is tried on both databases; how the other pages look, on one.
ON_BOTH_DATABASES = {"test_token_access.py"}
WIDTHS = (1600, 1280, 992, 768, 390, 360, 320)
PHONES = (390, 320)
PATIENCE = 90_000  # milliseconds, on a machine that does other things
# What is wider than the box that hides the rest of it. An ellipsis says that something is missing.
CUT_OFF = """[...document.querySelectorAll("main *")].filter((one) => {
    const style = getComputedStyle(one);
    return ["hidden", "clip"].includes(style.overflowX) && style.textOverflow !== "ellipsis"
        && one.clientWidth > 5 && one.scrollWidth > one.clientWidth + 1;
}).map((one) => one.cloneNode().outerHTML.slice(0, 200))"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/browser/" in item.path.as_posix() and item.path.name not in ON_BOTH_DATABASES:
            item.add_marker(pytest.mark.once)


# What has the keyboard and no outline that one sees.
UNRINGED = """[...document.querySelectorAll(
    "main :is(a[href], button, input:not([type=hidden]), select, textarea, summary)"
)].filter((one) => one.checkVisibility()).slice(0, 1).filter((one) => {
    one.focus();
    const style = getComputedStyle(one);
    return one !== document.activeElement || style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1;
}).map((one) => one.cloneNode().outerHTML.slice(0, 200))"""
# Rules that the pages of Django's administration break by themselves → what breaks them.
DJANGOS_OWN = {
    "aria-input-field-name": "the box that Select2 puts over a field has no name",
    "label-title-only": "the label of a list's search field is a picture",
}


@dataclass
class Visit:
    """One person's browser. `visit.page` is Playwright's page, `visit.said` what its console has printed."""

    context: BrowserContext
    page: Page
    address: str
    said: list[str] = field(default_factory=list)

    def goto(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.address)

    def findings(self, *rules: str) -> list[str]:
        """What axe-core finds wrong with the page as it stands, one line each; by these of its rules, or all."""
        if rules:
            return axe.findings(self.page, {"runOnly": list(rules)})
        if "/admin/" not in self.path:
            return axe.findings(self.page)
        # Its style sheets import others; to read those axe would break the content security policy.
        off = {name: {"enabled": False} for name in DJANGOS_OWN}
        return axe.findings(self.page, {"rules": off, "preload": False})

    def missing_ring(self) -> list[str]:
        """The first thing in the page to press or fill in, if one cannot see that it has the keyboard."""
        self.page.keyboard.press("Tab")  # so that the browser knows of a keyboard
        return [f"no ring around {element}" for element in self.page.evaluate(UNRINGED)]

    def rival_buttons(self) -> list[str]:
        """The buttons that all claim to be the one that most people want here."""
        names = self.page.locator("main .btn-primary").all_inner_texts()
        return [f"stand out together: {', '.join(names)}"] if len(names) > 1 else []

    def too_wide(self, widths: tuple[int, ...] = WIDTHS) -> list[int]:
        """The window widths at which the page scrolls sideways."""
        wide = []
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 900})
            if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(width)
        return wide

    def findings_here(self) -> list[str]:
        """The least that one looks at: all rules once, colours in the dark once more, and the width of a phone."""
        found = self.findings() + self.missing_ring()
        self.turn_dark()
        found += [f"in the dark: {finding}" for finding in self.findings("color-contrast")]
        self.page.emulate_media(color_scheme="light")
        found += [f"cut off: {element}" for element in self.page.evaluate(CUT_OFF)]
        found += self.rival_buttons()
        return found + [f"is too wide at {width}" for width in self.too_wide(PHONES)]

    def turn_dark(self) -> None:
        """At once: colours that still fade cannot be judged."""
        self.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        self.page.evaluate("document.getAnimations().forEach(one => one.finish())")

    def clear_console(self) -> list[str]:
        """What it printed since the last time."""
        said, self.said[:] = list(self.said), []
        return [f"the console says {text}" for text in said]

    def problems(self, *paths: str) -> list[str]:
        """What is wrong with these pages in both themes, wide and narrow. Folded forms are opened first."""
        found = []
        for path in paths:
            self.goto(path)
            while (summary := self.page.locator("details.add:not([open]) > summary").first).count():
                summary.click()
            found += [f"{path} {problem}" for problem in self.problems_here()]
        return found

    def problems_here(self) -> list[str]:
        """The same of the page as it stands. A theme changes nothing but colours, so dark is asked for these alone."""
        found = []
        for width in (1280, 390):
            self.page.set_viewport_size({"width": width, "height": 900})
            found += [f"at {width}: {finding}" for finding in self.findings()]
        self.turn_dark()
        found += [f"in the dark: {finding}" for finding in self.findings("color-contrast")]
        self.page.emulate_media(color_scheme="light")
        return found + [f"is too wide at {width}" for width in self.too_wide()]

    def focused_element(self) -> str:
        """The words or name of the element that has the keyboard."""
        return str(
            self.page.evaluate(
                "(e => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText || e.tagName)"
                "(document.activeElement)"
            )
        ).strip()


@pytest.fixture
def visit(chromium: Browser, live_server: Any) -> Iterator[Callable[..., Visit]]:
    """`visit(user)`, `visit()` for a visitor; more arguments go to Playwright's new_context (color_scheme, …).

    Anything a console prints, a breach of the content security policy above all, fails the test at its end.
    """
    open_visits: list[Visit] = []

    def start(user: Any = None, *, width: int = 1280, language: str = "", **options: Any) -> Visit:
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        if language:
            name = settings.LANGUAGE_COOKIE_NAME
            context.add_cookies([{"name": name, "value": language, "url": live_server.url}])
        context.set_default_timeout(PATIENCE)
        if user is not None:
            client = Client()
            client.force_login(user)
            value = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}])
        visit = Visit(context, context.new_page(), live_server.url)

        def listen(message: ConsoleMessage) -> None:
            # Chromium reports a 4xx page as an error of the console; whether it was wanted is the test's affair.
            if "the server responded with a status of 4" not in message.text:
                visit.said.append(message.text)

        visit.page.on("console", listen)
        visit.page.on("pageerror", lambda error: visit.said.append(str(error)))
        open_visits.append(visit)
        return visit

    yield start
    said = [text for visit in open_visits for text in visit.said]
    for visit in open_visits:
        visit.context.close()
    assert not said, "The browser's console is not silent:\n" + "\n".join(said)
