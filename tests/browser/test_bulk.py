"""Many entries at once: pasted as paths, taken from the log with a preview and undone, exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.token_access import record_authorization
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

pytestmark = pytest.mark.browser

RULES = "/acme/library/-/settings/ci_cd/token_access"


def test_paths_are_pasted_and_the_table_is_exported(cast: Cast, visit: Callable[..., Visit]) -> None:
    page = visit(cast.maintainer).goto(f"{RULES}/entries/add")
    page.get_by_label("Projects and groups").fill("acme/app\nacme/libary")
    page.get_by_role("button", name="Add to the allowlist").click()
    expect(page.get_by_text("Nothing was added.")).to_be_visible()
    assert not AllowlistEntry.objects.exists()
    page.get_by_label("Add the others").check()
    page.get_by_role("button", name="Add to the allowlist").click()
    expect(page.get_by_text("1 entry added.")).to_be_visible()
    page.get_by_role("link", name="Back to the allowlist").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert "acme/app" in Path(download.value.path()).read_text()


def test_entries_are_taken_from_the_log_and_that_is_undone(cast: Cast, visit: Callable[..., Visit]) -> None:
    other = projects.project("other", group=cast.acme, by=cast.owner)
    projects.members({cast.maintainer: Role.MAINTAINER}, other)
    for origin in (cast.app, other):
        record_authorization(cast.library, origin)
    page = visit(cast.maintainer, java_script_enabled=False).goto(f"{RULES}/autopopulate")
    page.get_by_label("Only the permissions that were used").check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="To be added: 2 entries")).to_be_visible()
    page.get_by_role("button", name="Add them and limit access").click()
    expect(page.get_by_text("2 entries added from the authentication log.")).to_be_visible()
    assert AllowlistEntry.objects.filter(permissions=["read_packages"]).count() == 2
    page.goto(f"{page.url.partition('/acme')[0]}{RULES}/autopopulate")
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text("Undone: the list and the limit are as before")).to_be_visible()
    assert not AllowlistEntry.objects.exists()
