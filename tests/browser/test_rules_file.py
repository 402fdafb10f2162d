"""The pages of a rules file and of a replay in a real browser: nothing is wrong with them, and a plan is applied."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import RULES, RULES_FILE
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import InboundMode

pytestmark = pytest.mark.browser


def test_a_file_is_planned_replayed_and_applied(cast: Cast, visit: Callable[..., Visit]) -> None:
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    Api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/releases")
    seen = visit(cast.maintainer)
    page = seen.goto(f"{RULES}/rules_file")
    page.get_by_label("Or paste it").fill(RULES_FILE)
    page.get_by_role("button", name="Plan", exact=True).click()
    expect(page.get_by_role("cell", name="project acme/app on the inbound list")).to_be_visible()
    assert not seen.problems_here()
    page.get_by_role("button", name="Try it on the log").click()
    expect(page.get_by_role("row", name="acme/app")).to_contain_text("Releases: read")
    assert not seen.problems_here()
    page.go_back()
    page.get_by_role("button", name="Apply this plan").click()
    expect(page.get_by_text("1 change applied.")).to_be_visible()
    services.set_inbound_mode(cast.library, InboundMode.OPEN, by=cast.owner)
    assert not seen.problems(f"{RULES}/rules_file", f"{RULES}/replay", f"{RULES}/entries/{entry.pk}", RULES)
    services.remove_entry(cast.library, cast.app, by=cast.owner)
    assert not seen.problems(f"{RULES}/autopopulate?narrow=on")
