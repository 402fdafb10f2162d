"""The findings as files, from the page."""

from __future__ import annotations

from typing import Any

from tests.factories.cast import Cast
from tests.support.token_access import RULES, text


def test_the_page_exports_in_two_formats_and_no_other(cast: Cast, browser: Any) -> None:
    page, client = f"{RULES}/posture", browser(cast.maintainer)
    assert f'href="{page}/export?format=sarif"' in text(client.get(page))
    found = {name: client.get(f"{page}/export?format={name}").status_code for name in ("sarif", "csv", "xml")}
    assert found == {"sarif": 200, "csv": 200, "xml": 400}
