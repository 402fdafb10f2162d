"""The shell around every page: bar, navigation, theme, search; with keyboard, without script, on any width."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from identity.models import User
from projects.models import Project
from resources.packages.models import Package
from tests.browser.conftest import Visit
from tests.factories import jobs, projects
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

PAGES = [
    "/", "/explore/projects", "/explore/projects?q=nowhere", "/explore/groups", "/search?q=lib", "/-/preferences",
    "/acme", "/acme/library", "/acme/app", "/acme/library/-/tree/main", "/acme/library/-/blob/main/src/a.py",
    "/acme/library/-/commits", "/acme/library/-/branches", "/acme/library/-/branches?kind=tags", "/acme/nothing",
]  # fmt: skip


@pytest.fixture
def world(cast: Cast) -> Cast:
    long = "a line that goes on " * 40
    projects.commit(cast.library, {"README.md": f"# Library\n\n{long}\n", "src/a.py": f"a = '{long}'\n"})
    jobs.pipeline(cast.library, cast.developer, ref="feature/" + "very-long-" * 20)
    cast.library.description = "Unbreakable" * 30
    cast.library.save()
    return cast


@pytest.mark.parametrize("page", PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(world: Cast, visit: Callable[..., Visit], page: str) -> None:
    assert visit(world.maintainer).problems(page) == []


@pytest.mark.parametrize("page", ["/explore/projects", "/users/sign_in", "/-/preferences"])
def test_axe_finds_nothing_on_a_visitors_pages(world: Cast, visit: Callable[..., Visit], page: str) -> None:
    assert visit().problems(page) == []


def test_the_first_tab_stop_skips_to_the_content(world: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(world.maintainer)
    page = seen.goto("/acme/library")
    page.keyboard.press("Tab")
    assert seen.focused_element() == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_every_tab_stop_is_ringed(world: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(world.maintainer)
    page = seen.goto("/acme/library")
    stops = 0
    while stops < 60:
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth) > 0"), (
            seen.focused_element()
        )
        stops += 1
    assert stops > 15


def test_the_menu_opens_by_key_and_escape_closes_it(world: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(world.maintainer).goto("/")
    page.locator("details.menu > summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize("script", [True, False])
def test_the_theme_changes_and_stays(world: Cast, visit: Callable[..., Visit], script: bool) -> None:
    seen = visit(world.maintainer, java_script_enabled=script)
    page = seen.goto("/acme/library/-/commits?page=1")
    page.locator("details.menu > summary").click()
    page.get_by_role("button", name="Dark").click()
    assert seen.path == "/acme/library/-/commits?page=1"
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator("details.menu > summary").click()
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("script", [True, False])
def test_the_navigation_narrows_to_icons_that_keep_their_names(
    world: Cast, visit: Callable[..., Visit], script: bool
) -> None:
    page = visit(world.maintainer, java_script_enabled=script).goto("/acme/library")
    page.get_by_role("button", name="Collapse menu").click()
    expect(page.locator(".shell")).to_have_attribute("data-nav", "rail")
    expect(page.get_by_role("link", name="Files", exact=True)).to_be_visible()
    page.get_by_role("button", name="Expand menu").click()
    expect(page.get_by_role("button", name="Collapse menu")).to_be_visible()


def test_on_a_phone_the_navigation_unfolds(world: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(world.maintainer, width=390, java_script_enabled=False).goto("/acme/library")
    files = page.get_by_role("link", name="Files", exact=True)
    expect(files).to_be_hidden()
    page.locator(".nav-switch > summary").click()
    files.click()
    expect(page.get_by_role("heading", name="Files", level=1)).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_list_is_searched_and_paged(world: Cast, visit: Callable[..., Visit], script: bool) -> None:
    for number in range(25):
        projects.project(f"many-{number:02}", group=world.acme, by=world.owner)
    seen = visit(world.owner, java_script_enabled=script)
    page = seen.goto("/explore/projects?sort=path")
    page.get_by_role("search").get_by_label("Search").fill("many")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("1 to 20 of 25")).to_be_visible()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_text("21 to 25 of 25")).to_be_visible()
    assert "q=many" in seen.path
    assert "page=2" in seen.path
    if script:
        page.wait_for_function("document.activeElement.id === 'main'")


def test_a_path_in_the_search_field_leads_there(world: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(world.guest)
    page = seen.goto("/")
    page.get_by_label("Go to a project or group").fill("acme/library")
    page.keyboard.press("Enter")
    page.wait_for_url("**/acme/library")


def test_copy_puts_the_clone_address_where_it_can_be_pasted(world: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(world.maintainer, permissions=["clipboard-read", "clipboard-write"])
    page = seen.goto("/acme/library")
    page.locator("[data-copy=c-http]").click()
    expect(page.locator("[data-copy=c-http]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/acme/library.git")


def test_without_script_there_is_no_copy_button(world: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(world.maintainer, java_script_enabled=False).goto("/acme/library")
    expect(page.locator("#c-http")).to_be_visible()
    expect(page.locator("[data-copy=c-http]")).to_be_hidden()


def test_a_label_of_two_lines_pushes_the_next_one_down(world: Cast, visit: Callable[..., Visit]) -> None:
    Package.objects.create(project=world.library, kind="generic", name="tool", version="1.0")
    page = visit(world.maintainer, width=390).goto("/acme/library/-/packages")
    one, two = (page.locator(f"td[data-label='{label}']").bounding_box() for label in ("Version", "Last downloaded"))
    assert one is not None
    assert two is not None
    assert two["height"] >= one["height"] + 16


TURNED = """() => {
  const walk = document.createTreeWalker(document.getElementById("main"), NodeFilter.SHOW_TEXT), found = [];
  for (let text = walk.nextNode(); text; text = walk.nextNode()) {
    if (!text.data.includes("\\u202e")) continue;
    let around = text.parentElement;
    const reaches = style => style.display === "inline" && !style.unicodeBidi.startsWith("isolate");
    while (reaches(getComputedStyle(around))) around = around.parentElement;
    found.push(around.textContent.trim() === text.data.trim());
  }
  return found;
}"""


@pytest.mark.parametrize("page", ["/acme", "/acme/library/-/branches", "/acme/library/-/members"])
def test_what_turns_the_writing_of_a_name_ends_with_it(cast: Cast, visit: Callable[..., Visit], page: str) -> None:
    projects.commit(cast.library, {"a": "b"}, "safe \u202egnp.exe")
    Project.objects.update(description="safe \u202eegap")
    User.objects.filter(pk=cast.developer.pk).update(name="Dara \u202erotartsinimdA")
    ends = visit(cast.maintainer).goto(page).evaluate(TURNED)
    assert ends
    assert all(ends)
