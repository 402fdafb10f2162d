"""Settings › Repository in a browser: sound in both themes and on a phone, and usable without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from projects import services
from projects.models import ProtectedRef, RefKind
from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

AT = "/acme/library/-/settings/repository"


@pytest.fixture
def protected_branch(cast: Cast) -> ProtectedRef:
    projects.commit(cast.library, {"README.md": "x"})
    services.protect(cast.library, kind=RefKind.TAG, name="v*", by=cast.owner)
    name = f"{'a-very-long-name-' * 12}*"
    return services.protect(cast.library, kind=RefKind.BRANCH, name=name, by=cast.owner, allow_force_push=True)


def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    cast: Cast, protected_branch: ProtectedRef, visit: Callable[..., Visit]
) -> None:
    seen = visit(cast.maintainer)
    assert seen.problems(AT, f"{AT}/{protected_branch.pk}", f"{AT}/{protected_branch.pk}/remove") == []


def test_a_branch_is_protected_and_unprotected_by_keys(cast: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(cast.maintainer).goto(AT)
    page.locator("summary", has_text="Protect a branch").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("main")
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is protected already")).to_be_visible()
    name = page.locator("#id_branch_name")
    expect(name).to_be_focused()
    name.fill("release/*")
    page.keyboard.press("Enter")
    expect(page.get_by_text("release/* protected.")).to_be_visible()
    page.get_by_role("link", name="Unprotect release/*").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Unprotect").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("release/* unprotected.")).to_be_visible()
    assert not ProtectedRef.objects.filter(name="release/*").exists()
