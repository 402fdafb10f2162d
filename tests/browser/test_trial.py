"""A trial and the explanation of an access in a real browser: nothing is wrong with their pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import InboundMode, Role

pytestmark = pytest.mark.browser

RULES = "/acme/library/-/settings/ci_cd/token_access"


def test_the_pages_of_a_trial_and_of_an_explanation_are_in_order(cast: Cast, visit: Callable[..., Visit]) -> None:
    other = projects.project("other", group=cast.acme, by=cast.owner)
    projects.members({cast.developer: Role.DEVELOPER, cast.maintainer: Role.REPORTER}, other)
    refused = Api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/releases")
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    for origin in (cast.app, other):
        Api(job=cast.job_token(origin)).get(f"/projects/{cast.library.pk}/releases")
    services.ignore_source(cast.library, other, by=cast.maintainer)
    seen = visit(cast.maintainer)
    reason = f"/-/access_reasons/{refused['X-Access-Reason']}"
    assert not seen.problems(f"{RULES}/trial", reason)
    page = seen.goto(f"{RULES}/trial?days=30")
    page.get_by_role("button", name="Add acme/app").click()
    expect(page.get_by_text("acme/app has access now.")).to_be_visible()
    page.goto(f"{seen.address}{RULES}/trial")
    page.get_by_role("button", name="Enforce the limit").click()
    page.get_by_role("button", name="Turn the limit on").click()  # the ignored one would lose access
    expect(page.get_by_text("Only projects on the allowlist have access now.")).to_be_visible()
