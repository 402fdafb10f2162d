"""The pages about applications in Chromium: both themes, any width, and the whole way there and back."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from oauth.models import Application
from tests.browser.conftest import Visit
from tests.factories.cast import Cast
from tests.factories.oauth import application
from tests.oauth.test_devices import start

pytestmark = pytest.mark.browser

OWN, INSTANCE = "/-/user_settings/applications", "/-/applications"
CALLBACK = "http://127.0.0.1:49151/callback"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_pages_are_sound(cast: Cast, visit: Callable[..., Visit], theme: str) -> None:
    scopes = ["api", "read_api", "read_user", "openid", "profile", "email"]
    name = "A name without-a-break-" * 5
    own = application(name, user=cast.admin, scopes=scopes).row.pk
    other = application("Dashboard", redirect_uris=f"{CALLBACK}/{'long' * 30}", scopes=scopes)
    other.row.redirect_uris += "\nhttps://client.example.com/callback"
    other.row.save()
    other.tokens_for(cast.admin, scope="api openid")
    seen = visit(cast.admin, color_scheme=theme)
    query = urlencode(other.authorize(redirect_uri=f"{CALLBACK}/{'long' * 30}", scope=" ".join(scopes)))
    pages = [OWN, f"{OWN}/{own}", f"{OWN}/{own}/renew", f"{OWN}/{own}/delete", f"{OWN}/{other.row.pk}/revoke", INSTANCE]
    found = seen.problems(
        *pages, f"{INSTANCE}/{other.row.pk}", f"/oauth/authorize?{query}", "/oauth/authorize", "/oauth/device"
    )
    seen.page.get_by_label("Code").fill(start(other)["user_code"])
    seen.page.get_by_role("button", name="Continue").click()
    expect(seen.page.get_by_role("heading", level=1)).to_contain_text("Let Dashboard on a device act as you?")
    assert found + seen.findings() == []
    assert seen.too_wide() == []


def test_a_person_registers_an_application_and_copies_its_secret(cast: Cast, visit: Callable[..., Visit]) -> None:
    seen = visit(cast.developer)
    page = seen.goto(OWN)
    page.get_by_text("Register an application").click()
    page.get_by_role("textbox", name="Name").fill("Deploy")
    page.get_by_label("Redirect URIs").fill("http://example.com/")
    page.get_by_label("read_api:").check()
    page.get_by_role("button", name="Register application").click()
    expect(page.get_by_label("Redirect URIs")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Redirect URIs").fill(CALLBACK)
    page.get_by_role("button", name="Register application").click()
    expect(page.locator("#new-secret")).to_contain_text("gloas-")
    expect(page.locator("#new-id")).to_contain_text(Application.objects.get().client_id)
    assert seen.findings() == []


@pytest.mark.parametrize("trusted", [False, True])
def test_a_person_signs_in_and_comes_back_to_the_application(
    cast: Cast, visit: Callable[..., Visit], trusted: bool
) -> None:
    own = application("Dashboard", redirect_uris=CALLBACK, skip_authorization=trusted)
    seen = visit()
    seen.page.route(f"{CALLBACK}*", lambda route: route.fulfill(body="back"))
    page = seen.goto("/oauth/authorize?" + urlencode(own.authorize(redirect_uri=CALLBACK)))
    page.get_by_label("Username").fill("developer")
    page.get_by_label("Password").fill("let me in please")
    page.get_by_role("button", name="Sign in", exact=True).click()
    if not trusted:
        page.get_by_role("button", name="Authorize").click()
    page.wait_for_url(f"{CALLBACK}?code=*")
    expect(page.locator("body")).to_have_text("back")
