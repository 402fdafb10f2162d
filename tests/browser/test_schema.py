"""The API's reference in a browser: what an address ends in unfolds, and axe-core finds nothing in what is unfolded."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_operation_unfolds_at_its_address_and_on_click(visit, scheme: str, width: int):
    seen = visit(width=width, color_scheme=scheme)
    page = seen.goto("/api/schema/ui/?tag=pipelines#get_projects_project_pipelines")
    read = page.locator("details", has=page.locator("#get_projects_project_pipelines"))
    assert read.evaluate("one => one.open")
    assert page.locator("details.operation[open]").count() == 1
    page.locator("summary", has=page.get_by_text("POST", exact=True)).first.click()
    assert page.locator("details.operation[open]").count() == 2
    assert seen.findings_here() == []


def test_operations_are_found_without_a_script(visit):
    page = visit(java_script_enabled=False).goto("/api/schema/ui/")
    page.get_by_label("Search").fill("secure_files download")
    page.get_by_role("button", name="Filter").click()
    assert page.locator("details.operation").count() == 1
    page.locator("summary h3").click()
    assert 'curl --header "PRIVATE-TOKEN: $TOKEN"' in page.locator(".copy code").inner_text()
