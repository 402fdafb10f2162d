"""Job tokens are stopped in a real browser, by keyboard alone and without script; the page asks first, in numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from jobs.models import JobToken
from tests.browser.conftest import Visit
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

PAGE = "/acme/app/-/settings/ci_cd/token_access/stop"


def press(visit: Visit, words: str) -> None:
    """Tab to what is called so, then Enter."""
    for _ in range(80):
        visit.page.keyboard.press("Tab")
        if visit.focused_element() == words:
            with visit.page.expect_navigation():
                visit.page.keyboard.press("Enter")
            return
    raise AssertionError(f"The keyboard does not reach {words!r}")


def test_job_tokens_are_stopped_by_keyboard_without_script(cast: Cast, visit: Callable[..., Visit]) -> None:
    for person in (cast.developer, cast.developer, cast.maintainer):
        cast.job_token(user=person)
    seen = visit(cast.maintainer, java_script_enabled=False)
    page = seen.goto(PAGE)
    press(seen, "Stop 3 tokens now")
    expect(page.get_by_role("heading", name="Stop the tokens of 3 running jobs?")).to_be_visible()
    expect(page.get_by_text("developer (2), maintainer (1)")).to_be_visible()
    press(seen, "Keep them")
    expect(page.get_by_role("heading", name="Jobs with a working token")).to_be_visible()
    assert not JobToken.objects.exclude(stopped_at=None).exists()
    press(seen, "Stop 3 tokens now")
    press(seen, "Stop 3 tokens now")
    expect(page.get_by_text("The tokens of 3 running jobs were stopped.")).to_be_visible()
    assert not JobToken.objects.filter(stopped_at=None).exists()


def test_the_question_is_in_order(cast: Cast, visit: Callable[..., Visit]) -> None:
    cast.job_token()
    seen = visit(cast.maintainer)
    seen.goto(PAGE).get_by_role("button", name="Stop 1 token now").click()
    assert not seen.problems_here()
