"""The pages of webhooks in a browser: one is added and tried out; sound in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from hooks.models import Hook
from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.receiver import receiver

pytestmark = pytest.mark.browser

LIST = "/acme/library/-/hooks"


def test_a_webhook_is_added_and_tried_out_and_the_pages_are_sound(
    cast: Cast, visit: Callable[..., Visit], settings: Any
) -> None:
    settings.REMOTE_INCLUDE_NETWORKS = ["127.0.0.0/8"]
    projects.commit(cast.library, {"a.txt": "a"})
    seen = visit(cast.maintainer)
    page = seen.goto(LIST)
    with receiver() as made:
        page.get_by_text("Add a webhook").click()
        page.get_by_label("Address", exact=True).fill(made.url)
        page.get_by_label("Name", exact=False).first.fill("Chat of the team")
        page.get_by_role("button", name="Add webhook").click()
        expect(page.get_by_text("Webhook added.")).to_be_visible()
        page.get_by_role("button", name="Send test event").click()
        expect(page.get_by_text("The event arrived: status 200.")).to_be_visible()
        made.status = 500
        page.get_by_role("button", name="Send test event").click()
        expect(page.get_by_text("The receiver answered with status 500.")).to_be_visible()
    assert seen.problems(f"{LIST}/{Hook.objects.get().pk}") == []
