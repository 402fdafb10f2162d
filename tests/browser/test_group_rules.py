"""The Token Access section of a group, in a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.allowlist import services

pytestmark = pytest.mark.browser

PAGE = "/groups/acme/-/settings/token_access"


def test_a_group_sets_the_rule_once(cast: Cast, visit: Callable[..., Visit]) -> None:
    far = projects.group("far", by=cast.owner)
    tools = projects.project("tools", group=far, by=cast.owner)
    services.add_entry(cast.library, tools, by=cast.owner)
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    owner = visit(cast.owner)
    page = owner.goto(PAGE)
    page.get_by_label("Enforced: only listed projects have access").check()
    page.get_by_label("Ceiling").check()
    page.get_by_label("Lock").check()
    page.get_by_role("button", name="Save changes").click()
    page.get_by_text("The rule for all projects below was saved.").wait_for()
    page.get_by_text("Add a project or group", exact=True).click()
    page.get_by_role("combobox", name="Project or group", exact=True).fill("acme/app")
    page.get_by_role("button", name="Add to the allowlist").click()
    page.get_by_text("acme/app has access to all projects of this group now.").wait_for()
    page.get_by_role("link", name="Edit acme/app").click()
    page.get_by_role("heading", name="Entry acme/app").wait_for()
    deviating = owner.goto(f"{PAGE}/deviations")
    deviating.get_by_text("The entries have no effect beyond the ceiling.").wait_for()
    assert owner.problems(PAGE.replace("acme", inner.full_path), "/acme/library/-/settings/ci_cd") == []
    page = owner.goto(f"{PAGE}/reviews")
    page.get_by_role("button", name="Start a review").click()
    page.get_by_role("heading", name="Waiting for a decision").wait_for()
    assert owner.problems_here() == []
    assert owner.said == []
