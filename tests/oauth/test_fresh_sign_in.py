"""How old a sign-in may be that an application is told of: `prompt`, `max_age` and `auth_time`."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode
from typing import Any

import pytest
from django.test import Client

from tests.factories.cast import Cast
from tests.factories.oauth import Registered, application, query_of
from tests.oauth.test_devices import connect, poll, start

pytestmark = pytest.mark.django_db
PASSWORD = "let me in please"  # of everybody in the cast


@pytest.fixture
def client_app(cast: Cast) -> Registered:
    return application()


def browser_of(person: Any) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def claims_of(tokens: dict[str, Any]) -> dict[str, Any]:
    """Of the ID token, whose signature is the subject of other tests."""
    part = tokens["id_token"].split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def signed_in_ago(person: Any, seconds: float) -> Client:
    browser = browser_of(person)
    session = browser.session
    session["identity_proven_at"] -= seconds
    session.save()
    return browser


class TestASignInThatIsFresh:
    """`prompt=login` and `max_age` (OpenID Connect Core, 3.1.2.1)."""

    @pytest.mark.parametrize("more", [{"prompt": "login"}, {"max_age": "60"}, {"max_age": "0"}])
    def test_who_signed_in_before_proves_once_more_who_they_are(self, cast: Cast, more: Any) -> None:
        trusted = application(skip_authorization=True)
        query = trusted.authorize(scope="openid", **more)
        browser = signed_in_ago(cast.developer, 300)
        assert "Confirm that it is you" in browser.get("/oauth/authorize", query).content.decode()
        refused = browser.post("/oauth/authorize", {"decision": "allow"}, query_params=query)
        assert "Confirm that it is you" in refused.content.decode()
        answer = {"confirm_open": "1", "confirm-password": PASSWORD}
        back = browser.post("/oauth/authorize", answer, query_params=query)["Location"]
        before = time.time()
        tokens = trusted.exchange(query_of(browser.get(back))["code"]).json()
        assert abs(claims_of(tokens)["auth_time"] - before) < 60
        if "60" not in more.values():
            assert "Confirm that it is you" in browser.get(back).content.decode(), "each request anew"

    def test_a_visitor_signs_in_once(self, cast: Cast) -> None:
        trusted = application(skip_authorization=True)
        browser = Client()
        query = trusted.authorize(scope="openid", prompt="login")
        sign_in = browser.get("/oauth/authorize", query)["Location"]
        back = browser.post(sign_in, {"username": "developer", "password": PASSWORD})["Location"]
        assert query_of(browser.get(back))["code"]

    def test_what_is_fresh_enough_goes_on_and_the_token_says_since_when(self, cast: Cast) -> None:
        trusted = application(skip_authorization=True)
        browser = signed_in_ago(cast.developer, 300)
        signed_in = int(browser.session["identity_proven_at"])
        browser_of(cast.developer)  # a session that began later says nothing of this one
        answer = browser.get("/oauth/authorize", trusted.authorize(scope="openid", max_age="900"))
        tokens = trusted.exchange(query_of(answer)["code"]).json()
        assert claims_of(tokens)["auth_time"] == signed_in
        assert claims_of(trusted.refresh(tokens["refresh_token"]).json())["auth_time"] == signed_in

    def test_silently_it_says_what_is_missing(self, cast: Cast, client_app: Registered) -> None:
        browser = signed_in_ago(cast.developer, 300)
        answer = browser.get("/oauth/authorize", client_app.authorize(scope="openid", prompt="none", max_age="60"))
        assert query_of(answer)["error"] == "login_required"

    @pytest.mark.one_case
    @pytest.mark.parametrize("wrong", ["soon", "-1", "1.5", "9" * 40])
    def test_the_application_learns_of_nonsense(self, cast: Cast, client_app: Registered, wrong: str) -> None:
        for asked in (client_app.authorize(max_age=wrong), client_app.authorize(max_age=wrong, scope="openid")):
            answers = (
                browser_of(cast.developer).get("/oauth/authorize", asked),
                browser_of(cast.developer).post("/oauth/authorize", {"decision": "allow"}, query_params=asked),
            )
            assert [query_of(answer).get("error") for answer in answers] == ["invalid_request"] * 2

    def test_a_trusted_application_can_have_people_asked(self, cast: Cast) -> None:
        trusted = application(skip_authorization=True)
        page = browser_of(cast.developer).get("/oauth/authorize", trusted.authorize(scope="openid", prompt="consent"))
        assert page.status_code == 200
        assert "(openid)" in page.content.decode()


def test_a_device_gets_an_id_token_too_if_it_asked_for_one(cast: Cast) -> None:
    program = application("Terminal", confidential=False)
    started = start(program, scope="openid profile")
    connect(cast.developer, started["user_code"])
    tokens = poll(program, started).json()
    claims = claims_of(tokens)
    assert (claims["sub"], claims["aud"], claims["nickname"]) == (str(cast.developer.pk), program.id, "developer")
    assert abs(claims["auth_time"] - time.time()) < 60
    assert claims["at_hash"]
    other = start(program)
    connect(cast.developer, other["user_code"])
    assert "id_token" not in poll(program, other).json()
