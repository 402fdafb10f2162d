"""Token Access in a browser that runs no script: a source is found and added, the mode changed, a change undone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import InboundMode

pytestmark = pytest.mark.browser

RULES = "/acme/library/-/settings/ci_cd/token_access"


@pytest.fixture
def page(cast: Cast, visit: Callable[..., Visit]) -> Page:
    return visit(cast.maintainer, java_script_enabled=False).goto(RULES)


def test_a_source_is_searched_chosen_and_added(cast: Cast, page: Page) -> None:
    projects.project("apparatus", group=projects.group("others", visibility=0))
    field = page.get_by_label("Project or group", exact=True)
    field.fill("app")
    page.get_by_role("main").get_by_role("button", name="Search").click()
    suggestions = page.get_by_role("group", name="Suggestions")
    expect(suggestions.get_by_role("listitem")).to_have_count(1)
    expect(field).to_have_value("app")
    suggestions.get_by_role("button", name="Choose acme/app").click()
    expect(field).to_have_value("acme/app")
    page.get_by_label("Only the permissions chosen below, within that role").check()
    page.get_by_text("Choose permissions").click()
    page.get_by_label("Packages", exact=True).select_option("read_packages")
    page.get_by_role("button", name="Add to the allowlist").click()
    row = page.get_by_role("table", name="Allowlist").get_by_role("row").filter(has_text="acme/app")
    expect(row).to_contain_text("Packages: read")
    assert AllowlistEntry.objects.get().permissions == ["read_packages"]


def test_the_mode_is_changed_through_its_question_and_back(cast: Cast, page: Page) -> None:
    page.get_by_role("button", name="Put on trial").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Put the limit of acme/library on trial?")
    page.get_by_role("link", name="Keep it on").click()
    assert settings_of(cast.library).inbound_mode == InboundMode.ENFORCED
    page.get_by_role("button", name="Put on trial").click()
    page.get_by_role("button", name="Start the trial").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trial")
    assert settings_of(cast.library).inbound_mode == InboundMode.TRIAL
    page.get_by_role("button", name="Enforce", exact=True).click()
    expect(page.get_by_text("Only projects on the allowlist have access now.")).to_be_visible()
    assert settings_of(cast.library).inbound_mode == InboundMode.ENFORCED


def test_entries_that_were_removed_together_are_brought_back(cast: Cast, visit: Callable[..., Visit]) -> None:
    for source in (cast.app, cast.acme):
        services.add_entry(cast.library, source, by=cast.owner, terms={"reason": "The nightly build."})
    page = visit(cast.owner, java_script_enabled=False).goto(RULES)
    for name in ("acme", "acme/app"):
        page.get_by_role("checkbox", name=f"Choose {name}", exact=True).check()
    page.get_by_role("group", name="Chosen entries").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove 2 entries").click()
    assert not AllowlistEntry.objects.exists()
    expect(page.get_by_text("2 entries were removed together just now.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone: the entries are as they were.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert set(AllowlistEntry.objects.values_list("reason", flat=True)) == {"The nightly build."}
    assert AllowlistEntry.objects.count() == 2
