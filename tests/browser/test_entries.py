"""An entry that ends and is suspended, and an access review, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from identity.models import today
from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

pytestmark = pytest.mark.browser

RULES = "/acme/library/-/settings/ci_cd/token_access"


def test_an_entry_is_given_terms_and_reviewed(cast: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(cast.maintainer)
    terms: services.Terms = {"reason": "Builds the app", "conditions": {"protected_refs": True}}
    entry = services.add_entry(cast.library, cast.app, by=cast.owner, terms=terms)
    old = projects.project("old", group=cast.acme, by=cast.owner)
    projects.member(cast.maintainer, old, Role.MAINTAINER)
    ended = services.add_entry(cast.library, old, by=cast.owner)
    AllowlistEntry.objects.filter(pk=ended.pk).update(expires_at=today())
    address = f"{RULES}/entries/{entry.pk}"
    assert not seen.problems(f"{RULES}/reviews")
    page = seen.goto(address)
    page.get_by_label("End date").fill((today() + timedelta(days=9)).isoformat())
    page.get_by_role("textbox", name="Branches").fill("main")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Entry acme/app saved.")).to_be_visible()
    page.goto(seen.address + address)
    page.get_by_role("button", name="Suspend", exact=True).click()
    expect(page.get_by_role("button", name="Restore acme/app")).to_be_visible()
    page.get_by_role("button", name="Restore acme/app").click()
    expect(page.get_by_text("acme/app is no longer suspended.")).to_be_visible()
    page.goto(f"{seen.address}{RULES}/reviews")
    page.get_by_role("button", name="Start a review").click()
    expect(page.get_by_text("0 of 2 decided")).to_be_visible()
    assert not seen.problems_here()
    for name, decision in (("acme/app", "keep"), ("acme/old", "suspend")):
        page.get_by_role("combobox", name="Decision").first.select_option(decision)
        page.get_by_role("textbox", name="Note").first.fill("Asked its owner")
        page.get_by_role("button", name=f"Record {name}").click()
    page.get_by_role("button", name="Sign off").click()
    expect(page.get_by_text("The review is signed off.")).to_be_visible()
    page.emulate_media(media="print")
    moment = page.locator("tbody time").first
    printed = moment.evaluate("time => getComputedStyle(time, '::after').content")
    assert str(moment.get_attribute("title")) in printed, "paper shows no title"
    page.emulate_media(media="screen")
    assert not seen.problems_here()
