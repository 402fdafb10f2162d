"""The pages about applications in Chromium: both themes, any width, and the whole way there and back."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from oauth.models import Application
from tests.browser.conftest import Visit
from tests.factories import oauth
from tests.factories.cast import Cast
from tests.factories.oauth import application
from tests.oauth.test_devices import start
from tests.support.receiver import receiver

pytestmark = pytest.mark.browser

OWN = "/-/user_settings/applications"
CALLBACK = "http://127.0.0.1:49151/callback"


def test_the_pages_are_sound(cast: Cast, visit: Callable[..., Visit]) -> None:
    scopes = ["api", "read_api", "read_user", "openid", "profile", "email"]
    application("A name without-a-break-" * 5, user=cast.admin, scopes=scopes)
    own = application("Mine", user=cast.admin).row.pk
    callback = f"{CALLBACK}/{'long' * 30}"
    other = application("Dashboard", redirect_uris=f"{callback}\n{oauth.CALLBACK}", scopes=scopes)
    other.tokens_for(cast.admin, scope="api openid")
    seen = visit(cast.admin)
    asked = "/oauth/authorize?" + urlencode(other.authorize(redirect_uri=callback, scope=" ".join(scopes)))
    found = seen.problems(OWN, f"{OWN}/{own}", f"{OWN}/{other.row.pk}/revoke", asked, "/oauth/device")
    seen.page.get_by_label("Code").fill(start(other)["user_code"])
    seen.page.get_by_role("button", name="Continue").click()
    expect(seen.page.get_by_role("heading", level=1)).to_contain_text("Let Dashboard on a device act as you?")
    assert found + seen.problems_here() == []


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
    with receiver() as dashboard:
        own = application("Dashboard", redirect_uris=dashboard.url, skip_authorization=trusted)
        page = visit().goto("/oauth/authorize?" + urlencode(own.authorize(redirect_uri=dashboard.url)))
        page.get_by_label("Username").fill("developer")
        page.get_by_label("Password").fill("let me in please")
        page.get_by_role("button", name="Sign in", exact=True).click()
        if not trusted:
            page.get_by_role("button", name="Authorize").click()
        page.wait_for_url(f"{dashboard.url}?code=*")
        expect(page.locator("body")).to_have_text("thanks")
