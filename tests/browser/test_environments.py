"""Environments in Chromium: no axe findings, no sideways scrolling, and stopping one by keyboard, without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from jobs.environments.services import create_environment
from jobs.environments.stopping import stop_environment
from jobs.models import Environment
from tests.browser.conftest import Visit
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.environments import REVIEW, deploy

pytestmark = pytest.mark.browser


@pytest.fixture
def environment(cast: Cast) -> Environment:
    """One with a long name, an address and two deployments, beside one that is stopped."""
    long = REVIEW.replace("review/", f"review/{'so-long-that-it-needs-several-lines-' * 3}")
    found, runner = deploy(cast, long)
    runners.pipeline(cast.app, cast.developer, long)
    runner.work().fail()
    stopped = create_environment(project=cast.app, by=cast.developer, name="stopped")
    stop_environment(stopped, by=cast.developer)
    Environment.objects.filter(pk=found.pk).update(problem="The job that was to stop it is gone.")
    return found


def test_the_pages_have_no_findings_and_never_scroll_sideways(
    cast: Cast, environment: Environment, visit: Callable[..., Visit]
) -> None:
    here = visit(cast.developer)
    stopped = Environment.objects.get(name="stopped")
    paths = ("", "?state=stopped", f"/{environment.pk}", f"/{environment.pk}/stop", f"/{stopped.pk}/delete")
    assert here.problems(*(f"/acme/app/-/environments{path}" for path in paths)) == []


def test_an_environment_is_stopped_by_keyboard_without_script(
    cast: Cast, environment: Environment, visit: Callable[..., Visit]
) -> None:
    here = visit(cast.developer, java_script_enabled=False, width=390)
    page = here.goto("/acme/app/-/environments")
    page.get_by_role("link", name="Stop review/").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Stop the environment review/")
    page.get_by_role("button", name="Stop environment").press("Enter")
    expect(page.get_by_text("The environment is being stopped. Its stop job runs as you.")).to_be_visible()
    environment.refresh_from_db()
    assert environment.state == "stopping"
