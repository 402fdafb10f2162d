"""The reach of a project and how far it goes, in a real browser: nothing is wrong with the pages, and the drawing works
by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from projects.models import Project
from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

pytestmark = pytest.mark.browser

RULES = "/acme/library/-/settings/ci_cd/token_access"


@pytest.fixture
def chain(cast: Cast) -> list[Project]:
    """Each admits the one before, beginning with the library; `docs` can only be read, and `vault` is hidden."""
    hidden = projects.group("hidden", by=cast.owner, visibility=0)
    made = [projects.project(f"step-{number}", group=cast.acme, by=cast.owner, visibility=0) for number in range(3)]
    docs = projects.project("docs", group=cast.acme, by=cast.owner, visibility=0)
    vault = projects.project("vault", group=hidden, by=cast.owner, visibility=0)
    for before, project in zip([cast.library, *made], made, strict=False):
        AllowlistEntry.objects.create(project=project, target_project=before)
    for project in (*made, docs, vault):
        projects.members({cast.developer: Role.DEVELOPER}, project)
    for project in (*made, docs):
        projects.members({cast.maintainer: Role.GUEST}, project)
    AllowlistEntry.objects.create(project=vault, target_project=made[0])
    AllowlistEntry.objects.create(
        project=docs, target_group=cast.acme, default_permissions=False, permissions=["read_packages", "read_jobs"]
    )
    AllowlistEntry.objects.create(project=cast.library, target_group=cast.acme)
    return made


def test_the_pages_of_reach_are_in_order_and_the_drawing_is_walked_by_keyboard(
    cast: Cast, visit: Callable[..., Visit], chain: list[Project]
) -> None:
    seen = visit(cast.maintainer)
    assert not seen.problems(f"{RULES}/blast_radius")
    seen.page.set_viewport_size({"width": 1280, "height": 900})
    page = seen.goto(f"{RULES}/blast_radius")
    graph, says = page.get_by_role("application"), page.locator("#graph-says")
    expect(graph).to_be_visible()
    graph.focus()
    page.keyboard.press("ArrowRight")
    expect(says).to_have_text("acme/library: taken over")
    page.keyboard.press("ArrowRight")
    expect(says).to_contain_text("can be changed")
    page.keyboard.press("+")
    path = says.inner_text().partition(":")[0]
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{seen.address}/{path}")
