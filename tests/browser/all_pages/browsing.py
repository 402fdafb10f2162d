"""Opens the pages of the list, as the person each is for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Error

from resources.containers import contents
from tests.browser.all_pages.make import make_world
from tests.browser.all_pages.world import Page, World
from tests.browser.conftest import Visit

# Sends a form from a page that is open, as a person would who filled it in.
POST = """([path, fields]) => {
    const form = Object.assign(document.createElement("form"), {method: "post", action: path});
    const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
    for (const [name, value] of [...Object.entries(fields), ["csrfmiddlewaretoken", token]]) {
        form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}));
    }
    document.body.append(form);
    form.submit();
}"""


TAKES_POST_ALONE = "takes POST alone"


class Walk:
    """`visit`: the fixture; each person has one browser, with these options."""

    def __init__(self, world: World, visit: Callable[..., Visit], **options: Any) -> None:
        self.world, self.visit, self.options = world, visit, options
        self.visits: dict[str, Visit] = {}

    def visit_of(self, person: str) -> Visit:
        if person not in self.visits:
            self.visits[person] = self.visit(self.world.people.get(person), reduced_motion="reduce", **self.options)
        return self.visits[person]

    def open(self, page: Page) -> Visit | str:
        """The visit that shows the page, or why there is none to see."""
        seen = self.visit_of(page.person)
        seen.page.set_viewport_size({"width": 1280, "height": 900})
        seen.page.emulate_media(color_scheme="light")
        if page.form is not None:
            seen.goto("/-/preferences")
            with seen.page.expect_navigation():
                seen.page.evaluate(POST, [page.path, page.form])
            return seen
        try:
            answer = seen.page.goto(seen.address + page.path)
        except Error as error:
            if "ERR_HTTP_RESPONSE_CODE_FAILURE" in str(error):  # an answer with nothing in it
                return TAKES_POST_ALONE
            raise
        if answer is not None and answer.status == 405:
            return TAKES_POST_ALONE
        if seen.path.partition("?")[0] != page.path.partition("?")[0]:
            return f"leads on to {seen.path}"
        assert answer is not None
        assert answer.status < 500, page.path
        return seen

    def pages(self, pages: list[Page], left_out: dict[str, str]) -> Iterator[tuple[Page, Visit]]:
        for page in pages:
            opened = self.open(page)
            if isinstance(opened, str):
                left_out[page.path] = opened
            else:
                yield page, opened


def unfold(seen: Visit) -> None:
    """Opens all folded forms."""
    seen.page.evaluate("document.querySelectorAll('details.add').forEach(one => { one.open = true; })")


@pytest.fixture
def world(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> World:
    """With a container registry that is not asked what it has."""
    settings.REGISTRY_ENABLED = True
    settings.REGISTRY_PORT = 1
    settings.REGISTRY_HOST = "registry.example.com"
    settings.EXTERNAL_URL = "https://tokens.example.com"
    monkeypatch.setattr(contents, "refresh", lambda found: None)
    monkeypatch.setattr(contents, "inspect", lambda found, manifests: None)
    return make_world()
