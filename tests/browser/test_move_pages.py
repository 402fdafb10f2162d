"""The pages that fork, transfer and invite in a browser: sound in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser


def test_the_pages_are_sound(cast: Cast, visit: Callable[..., Visit]) -> None:
    projects.commit(cast.library, {"a.txt": "a"})
    projects.group("a-group-with-a-rather-long-name", by=cast.owner)
    seen = visit(cast.owner)
    page = seen.goto("/acme/library/-/group_links")
    page.get_by_label("Group", exact=True).fill("a-group-with-a-rather-long-name")
    page.get_by_role("button", name="Invite group").click()
    paths = (
        "/acme/library/-/group_links",
        "/groups/acme/-/group_links",
        "/acme/library/-/forks/new",
        "/acme/library/-/settings/transfer",
        "/groups/acme/-/transfer",
        "/groups/acme/-/delete",
    )
    assert seen.problems(*paths) == []
    page = seen.goto("/acme/library/-/settings/transfer")
    page.get_by_label("Group", exact=True).select_option(label="a-group-with-a-rather-long-name")
    page.get_by_role("button", name="Show the effect").click()
    page.get_by_role("heading", name="Transfer acme/library to a-group-with-a-rather-long-name?").wait_for()
    assert seen.problems_here() == []
    page.get_by_role("button", name="Transfer", exact=True).click()
    page.get_by_text("It is at a-group-with-a-rather-long-name/library now.").wait_for()
