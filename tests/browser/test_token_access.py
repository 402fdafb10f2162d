"""The Token Access section in a real browser: toggle, add, remove, a mistake, and all of it by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.token_access import count
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

pytestmark = pytest.mark.browser

RULES = "/acme/library/-/settings/ci_cd"


def add(page: Page, path: str) -> None:
    form = page.get_by_role("region", name="Limit access to this project")
    if not form.get_by_label("Project or group", exact=True).is_visible():
        form.get_by_text("Add a project or group").click()
    form.get_by_label("Project or group", exact=True).fill(path)
    form.get_by_role("button", name="Add to the allowlist").click()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_maintainer_adds_and_removes_a_project(cast: Cast, visit: Callable[..., Visit], script: bool) -> None:
    page = visit(cast.maintainer, java_script_enabled=script).goto(RULES)
    table = page.get_by_role("table", name="Allowlist")
    expect(page.get_by_text("Access is limited to this project")).to_be_visible()
    add(page, "acme/app")
    expect(table.get_by_role("rowheader", name="acme/app", exact=True)).to_be_visible()
    assert AllowlistEntry.objects.get().target_project == cast.app
    table.get_by_role("link", name="Remove acme/app").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Remove acme/app")
    page.get_by_role("button", name="Remove acme/app").click()
    expect(page.get_by_text("Access is limited to this project")).to_be_visible()
    assert not AllowlistEntry.objects.exists()


def test_a_mistake_is_explained_and_what_was_typed_is_kept(cast: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(cast.maintainer).goto(RULES)
    add(page, "acme/libary")
    field = page.get_by_label("Project or group", exact=True)
    expect(field).to_have_value("acme/libary")
    expect(field).to_be_focused()
    expect(page.get_by_text("acme/libary").first).to_be_visible()
    assert not AllowlistEntry.objects.exists()


def test_a_project_of_others_and_none_at_all_read_the_same(cast: Cast, visit: Callable[..., Visit]) -> None:
    projects.project("secret", group=projects.group("others", visibility=0))
    page = visit(cast.maintainer).goto(RULES)
    notes = []
    for path in ("others/secret", "others/absent"):
        add(page, path)
        note = page.locator(".invalid-feedback:visible, .note-danger:visible").first
        expect(note).to_contain_text(path)
        notes.append(note.inner_text().replace(path, "…"))
    assert notes[0] == notes[1]


def test_a_person_who_is_not_maintainer_of_both_sees_why_they_cannot_add(
    cast: Cast, visit: Callable[..., Visit]
) -> None:
    other = projects.project("bot", group=cast.acme)
    projects.member(cast.maintainer, other, Role.DEVELOPER)
    page = visit(cast.maintainer).goto(RULES)
    add(page, "acme/bot")
    expect(page.locator(".invalid-feedback:visible, .note-danger:visible").first).to_contain_text("maintainer")
    assert not AllowlistEntry.objects.exists()


def test_the_limit_is_turned_off_after_a_question_and_on_again(cast: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(cast.maintainer).goto(RULES)
    switch = page.get_by_role("switch", name="Limit access to this project")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    page.get_by_role("main").locator("form button.btn-danger, form button.btn-primary").first.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    assert not cast.library.token_access.limits_inbound
    switch.click()
    confirm = page.get_by_role("main").locator("form button.btn-danger, form button.btn-primary")
    if not switch.is_visible():
        confirm.first.click()
    expect(switch).to_have_attribute("aria-checked", "true")


def test_an_enforced_limit_is_put_on_trial_and_enforced_again(cast: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(cast.maintainer, java_script_enabled=False)
    page = seen.goto(RULES)
    switch = page.get_by_role("switch", name="Limit access to this project")
    limit = page.get_by_role("region", name="Limit access to this project")

    def press(name: str) -> None:
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")

    press("Put on trial")
    expect(page.get_by_role("heading", level=1)).to_have_text("Put the limit of acme/library on trial?")
    assert settings_of(cast.library).limits_inbound
    press("Start the trial")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trial")
    expect(switch).to_have_attribute("aria-checked", "false")
    expect(limit.locator("form").first).to_have_text("Trial")
    press("Enforce")
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(limit.locator("form").first).to_have_text("On")


def test_token_access_works_by_keyboard_alone(cast: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(cast.maintainer)
    page = seen.goto(RULES)

    def tab_to(name: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if name in " ".join(seen.focused_element().split()):
                return
        raise AssertionError(f"Tab never came to {name}")

    tab_to("Project or group")  # the form is open while the list is empty
    page.keyboard.type("acme/app")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="acme/app", exact=True)).to_be_visible()
    tab_to("Remove acme/app")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Remove acme/app")
    tab_to("Remove acme/app")
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="acme/app", exact=True)).to_have_count(0)
    assert not AllowlistEntry.objects.exists()


def test_people_below_maintainer_do_not_find_token_access(cast: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(cast.developer)
    page = seen.goto("/acme/library")
    expect(page.get_by_role("heading", level=1)).to_contain_text("acme/library")
    expect(page.get_by_role("link", name="Settings")).to_have_count(0)
    answer = page.goto(page.url + "/-/settings/ci_cd")
    assert answer is not None
    assert answer.status == 403
    seen.said.clear()  # the console tells of the 403 itself


def test_a_private_project_looks_like_none_to_a_stranger(cast: Cast, visit: Callable[..., Visit]) -> None:
    person = people.person("stranger")
    seen = visit(person)
    texts = []
    for path in (RULES, RULES.replace("library", "nothing")):
        response = seen.page.goto(seen.address + path)
        assert response is not None
        assert response.status == 404
        texts.append(seen.page.get_by_role("main").inner_text())
    seen.said.clear()  # the console tells of the 404 itself
    assert texts[0] == texts[1]


def test_a_path_is_completed_while_it_is_typed(cast: Cast, visit: Callable[..., Visit]) -> None:
    projects.project("apparatus", group=projects.group("others", visibility=0))
    seen = visit(cast.maintainer)
    page = seen.goto(RULES)
    field = page.get_by_role("combobox", name="Project or group", exact=True)
    field.press_sequentially("app")
    option = page.get_by_role("listbox").get_by_role("option")
    expect(option).to_have_text(["acme/app project"])
    assert seen.findings() == []
    field.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    field.press("Enter")
    expect(field).to_have_value("acme/app")
    expect(option).to_have_count(0)
    field.press("Enter")
    expect(page.get_by_role("rowheader", name="acme/app", exact=True)).to_be_visible()
    assert AllowlistEntry.objects.get().target_project == cast.app
    page.get_by_text("Add a project or group").click()
    field.press_sequentially("acme/a")
    expect(option).to_have_text(["acme/app project, on the list already"])
    field.press("Escape")
    expect(option).to_have_count(0)
    expect(field).to_have_value("acme/a")


def test_the_table_is_sorted_and_chosen_entries_are_removed_without_script(
    cast: Cast, visit: Callable[..., Visit]
) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    count(cast.library, cast.app, uses=3, refusals=1)
    page = visit(cast.maintainer, java_script_enabled=False).goto(RULES)
    table = page.get_by_role("table", name="Allowlist")
    table.get_by_role("link", name="Uses").click()
    expect(table.get_by_role("columnheader", name="Uses")).to_have_attribute("aria-sort", "descending")
    expect(table.get_by_role("row").nth(2)).to_contain_text("acme/app")
    expect(page.get_by_role("img", name="Use in the last 90 days")).to_be_visible()
    for name in ("acme", "acme/app"):
        page.get_by_role("checkbox", name=f"Choose {name}", exact=True).check()
    page.get_by_role("group", name="Chosen entries").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Remove 2 entries from the list?")
    page.get_by_role("button", name="Remove 2 entries").click()
    expect(page.get_by_text("2 entries removed.")).to_be_visible()
    assert not AllowlistEntry.objects.exists()
