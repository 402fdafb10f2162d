"""The API's page in a browser: it renders, and nothing breaks the content security policy (conftest listens)."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_api_can_be_read_and_an_operation_opened(visit, scheme: str, width: int):
    page = visit(width=width, color_scheme=scheme).goto("/api/schema/ui/")
    page.locator(".opblock-summary-description").first.wait_for(timeout=60_000)
    page.locator(".opblock-summary").first.click()
    page.get_by_role("heading", name="Responses").first.wait_for(timeout=60_000)
    assert page.title() == "API · Token Access"
    is_dark = "document.documentElement.classList.contains('dark-mode')"
    assert page.evaluate(is_dark) is (scheme == "dark")
    page.emulate_media(color_scheme="light" if scheme == "dark" else "dark")
    page.wait_for_function(f"{is_dark} === {'false' if scheme == 'dark' else 'true'}")
    assert page.get_by_role("link", name="Token Access").get_attribute("href") == "/"
