"""The page of secure files in a browser: a file is added and deleted; sound in both themes and on a phone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from resources.secure_files.models import SecureFile
from tests.browser.conftest import Visit
from tests.factories.cast import Cast

pytestmark = pytest.mark.browser

LIST = "/acme/library/-/settings/ci_cd/secure_files"


def test_a_file_is_added_and_deleted_and_the_pages_are_sound(
    cast: Cast, visit: Callable[..., Visit], tmp_path: Path
) -> None:
    path = tmp_path / f"{'release-' * 20}.jks"
    path.write_bytes(b"\0key")
    seen = visit(cast.maintainer)
    assert seen.problems(LIST) == []
    seen.page.get_by_label("File", exact=True).set_input_files(path)
    seen.page.get_by_role("button", name="Add file").click()
    expect(seen.page.get_by_text("added.")).to_be_visible()
    assert seen.problems(LIST, f"{LIST}/{SecureFile.objects.get().pk}/delete") == []
    seen.page.get_by_role("button", name="Delete file").click()
    expect(seen.page.get_by_text("No secure files yet.")).to_be_visible()
