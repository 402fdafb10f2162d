"""A person lets an application act for them: consent, code, tokens (RFC 6749, 4.1, RFC 7636)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from oauth.models import Grant
from tests.factories.cast import Cast
from tests.factories.oauth import CALLBACK, Registered, application, query_of
from tests.support.client import Api

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_app(cast: Cast) -> Registered:
    return application()


def browser_of(person: Any, **more: Any) -> Client:
    browser = Client(**more)
    browser.force_login(person)
    return browser


def test_a_token_acts_as_the_person_over_the_api(cast: Cast, client_app: Registered) -> None:
    tokens = client_app.tokens_for(cast.developer)
    assert {name: tokens[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "Bearer", "expires_in": 7200, "scope": "api"
    }  # fmt: skip
    assert tokens["created_at"] > 0
    answer = Api(headers={"Authorization": f"Bearer {tokens['access_token']}"}).get("/user")
    assert (answer.status_code, answer.json()["username"]) == (200, cast.developer.username)


def test_the_callback_gets_the_state_and_the_issuer(cast: Cast, client_app: Registered, settings: Any) -> None:
    answer = browser_of(cast.developer).post(
        "/oauth/authorize", {"decision": "allow"}, query_params=client_app.authorize()
    )
    assert answer["Location"].startswith(f"{CALLBACK}?")
    assert {**query_of(answer), "code": ""} == {"state": "st/ate+1", "iss": settings.EXTERNAL_URL, "code": ""}


def ask(person: Any, query: dict[str, Any]) -> Any:
    return browser_of(person).get("/oauth/authorize", query)


class TestTheConsentPage:
    def test_it_says_who_asks_for_what_and_where_it_leads(self, cast: Cast, client_app: Registered) -> None:
        page = ask(cast.developer, client_app.authorize(scope="read_api openid"))
        text = page.content.decode()
        for expected in ("Let Client act as you?", "developer", "(read_api)", "(openid)", CALLBACK):
            assert expected in text
        assert "(api)" not in text

    def test_a_visitor_signs_in_first_and_comes_back(self, client_app: Registered) -> None:
        answer = Client().get("/oauth/authorize", client_app.authorize())
        assert answer["Location"].startswith("/users/sign_in?next=/oauth/authorize%3Fclient_id")

    def test_it_is_shown_in_no_frame_and_kept_nowhere(self, cast: Cast, client_app: Registered) -> None:
        page = ask(cast.developer, client_app.authorize())
        assert page["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]
        assert "form-action 'self' https://client.example.com" in page["Content-Security-Policy"].split("; ")
        assert "no-store" in page["Cache-Control"]

    def test_another_site_cannot_press_its_button(self, cast: Cast, client_app: Registered) -> None:
        browser = browser_of(cast.developer, enforce_csrf_checks=True)
        answer = browser.post("/oauth/authorize", {"decision": "allow"}, query_params=client_app.authorize())
        assert answer.status_code == 403

    def test_it_asks_again_each_time(self, cast: Cast, client_app: Registered) -> None:
        client_app.tokens_for(cast.developer)
        for more in ({}, {"approval_prompt": "auto"}):
            assert ask(cast.developer, client_app.authorize(**more)).status_code == 200

    def test_only_what_an_administrator_trusts_goes_without_asking(self, cast: Cast) -> None:
        trusted = application(skip_authorization=True)
        assert query_of(ask(cast.developer, trusted.authorize()))["code"]

    def test_an_old_session_is_asked_who_it_is_before_a_trusted_one_may_act(self, cast: Cast) -> None:
        trusted = application(confidential=False, skip_authorization=True)
        browser = browser_of(cast.developer)
        session = browser.session
        session["identity_proven_at"] -= 3600
        session.save()
        asked = trusted.authorize(scope="api")
        assert browser.get("/oauth/authorize", asked).status_code == 200
        allowed = browser.post("/oauth/authorize", {"decision": "allow"}, query_params=asked)
        assert "Confirm that it is you" in allowed.content.decode()
        assert query_of(browser.get("/oauth/authorize", trusted.authorize(scope="openid")))["code"]

    def test_a_trusted_program_that_anybody_could_stand_in_for_asks(self, cast: Cast) -> None:
        local, scheme = "http://127.0.0.1/callback", "vscode://client/callback"
        addresses = "\n".join((CALLBACK, local, scheme))
        public = application(confidential=False, redirect_uris=addresses, skip_authorization=True)
        assert query_of(ask(cast.developer, public.authorize()))["code"]
        for address in ("http://127.0.0.1:49152/callback", scheme):
            assert ask(cast.developer, public.authorize(redirect_uri=address)).status_code == 200
            silent = ask(cast.developer, public.authorize(redirect_uri=address, prompt="none", scope="openid"))
            assert query_of(silent)["error"] == "consent_required"

    def test_a_no_reaches_the_application(self, cast: Cast, client_app: Registered) -> None:
        answer = browser_of(cast.developer).post("/oauth/authorize", query_params=client_app.authorize())
        found = query_of(answer)
        assert (found["error"], found["state"]) == ("access_denied", "st/ate+1")

    def test_the_answer_counts_for_what_the_address_asks_and_nothing_else(
        self, cast: Cast, client_app: Registered
    ) -> None:
        body = {"decision": "allow", "redirect_uri": "https://evil.example/", "scope": "api", "client_id": "x"}
        answer = browser_of(cast.developer).post(
            "/oauth/authorize", body, query_params=client_app.authorize(scope="read_api")
        )
        assert answer["Location"].startswith(CALLBACK)
        assert client_app.exchange(query_of(answer)["code"]).json()["scope"] == "read_api"

    @pytest.mark.parametrize("signed_in", [True, False])
    def test_without_a_page_it_says_what_is_missing(self, cast: Cast, client_app: Registered, signed_in: bool) -> None:
        browser = browser_of(cast.developer) if signed_in else Client()
        answer = browser.get("/oauth/authorize", client_app.authorize(prompt="none", scope="openid"))
        assert query_of(answer)["error"] == ("consent_required" if signed_in else "login_required")


@pytest.mark.one_case
@pytest.mark.parametrize(
    "more",
    [
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": f"{CALLBACK}/more"},
        {"redirect_uri": f"{CALLBACK}?more=1"},
        {"redirect_uri": f"{CALLBACK}#part"},
        {"redirect_uri": "https://CLIENT.example.com/callback"},
        {"redirect_uri": "https://client.example.com:443/callback"},
        {"redirect_uri": "https://x@client.example.com/callback"},
        {"redirect_uri": "//client.example.com/callback"},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "https://["},
        {"client_id": "nobody"},
        {"client_id": "nobody\0"},
        {"client_id": ""},
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(cast: Cast, client_app: Registered, more: Any) -> None:
    for browser in (Client(), browser_of(cast.developer)):
        for answer in (
            browser.get("/oauth/authorize", client_app.authorize(prompt="none", **more)),
            browser.post("/oauth/authorize", query_params=client_app.authorize(**more)),
        ):
            assert answer.status_code == 400 or answer["Location"].startswith("/users/sign_in")


def test_a_program_on_the_persons_own_machine_chooses_its_port(cast: Cast) -> None:
    local = application(confidential=False, redirect_uris="http://127.0.0.1/callback")
    tried = {
        port: ask(cast.developer, local.authorize(redirect_uri=address)).status_code
        for port, address in {
            "any": "http://127.0.0.1:49152/callback",
            "another path": "http://127.0.0.1:49152/other",
            "a name": "http://localhost:49152/callback",
            "another host": "http://127.0.0.1.example.com:49152/callback",
        }.items()
    }
    assert tried == {"any": 200, "another path": 400, "a name": 400, "another host": 400}


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"response_type": "token"}, "unauthorized_client"),
        ({"response_type": "code id_token", "nonce": "n", "scope": "openid"}, "unauthorized_client"),
        ({"response_type": "nonsense"}, "unsupported_response_type"),
        ({"scope": "sudo"}, "invalid_scope"),
        ({"scope": "write_repository"}, "invalid_scope"),
        ({"code_challenge_method": "S512"}, "invalid_request"),
    ],
)
def test_the_application_learns_of_a_wrong_request(
    cast: Cast, client_app: Registered, more: dict[str, str], error: str
) -> None:
    found = query_of(ask(cast.developer, client_app.authorize(**more)))
    assert (found["error"], found["state"]) == (error, "st/ate+1")


class TestTheCode:
    def test_it_is_good_once_and_a_second_use_ends_what_the_first_gave(
        self, cast: Cast, client_app: Registered
    ) -> None:
        code = client_app.code_for(cast.developer)
        first = client_app.exchange(code).json()
        again = client_app.exchange(code)
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        answer = Api(headers={"Authorization": f"Bearer {first['access_token']}"}).get("/user")
        assert (answer.status_code, answer.json()["error_description"]) == (
            401, "Token was revoked. You have to re-authorize from the user."
        )  # fmt: skip
        assert client_app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"

    @pytest.mark.one_case
    @pytest.mark.parametrize(
        ("more", "error"),
        [
            ({"code_verifier": "another-verifier-that-is-also-long-enough-for-it"}, "invalid_grant"),
            ({"code_verifier": None}, "invalid_request"),
            ({"redirect_uri": "https://client.example.com/other"}, "invalid_request"),
            ({"code": "nonsense"}, "invalid_grant"),
            ({"code": None}, "invalid_request"),
            ({"client_secret": "wrong"}, "invalid_client"),
            ({"client_secret": None}, "invalid_client"),
            ({"client_id": "nobody"}, "invalid_client"),
            ({"client_id": "no\0body"}, "invalid_client"),
            (
                {"grant_type": "password", "username": "developer", "password": "let me in please"},
                "unauthorized_client",
            ),
            ({"grant_type": "client_credentials"}, "unauthorized_client"),
            ({"grant_type": "nonsense"}, "unsupported_grant_type"),
            ({"grant_type": None}, "unsupported_grant_type"),
        ],
    )
    def test_a_wrong_exchange_is_refused_in_oauths_words(
        self, cast: Cast, client_app: Registered, more: Any, error: str
    ) -> None:
        code = client_app.code_for(cast.developer)
        answer = client_app.exchange(**{"code": code, **more})
        assert answer.json()["error"] == error
        assert answer.status_code == (401 if error == "invalid_client" else 400)
        assert answer["Content-Type"] == "application/json"
        assert "no-store" in answer["Cache-Control"]

    def test_it_is_for_the_application_that_asked(self, cast: Cast, client_app: Registered) -> None:
        code = client_app.code_for(cast.developer)
        assert application("Other").exchange(code).json()["error"] == "invalid_grant"
        assert client_app.exchange(code).status_code == 200

    def test_it_expires(self, cast: Cast, client_app: Registered) -> None:
        code = client_app.code_for(cast.developer)
        Grant.objects.update(expires="2020-01-01T00:00:00Z")
        assert client_app.exchange(code).json()["error"] == "invalid_grant"


class TestPkce:
    def test_a_public_application_cannot_go_without(self, cast: Cast) -> None:
        public = application(confidential=False)
        found = query_of(ask(cast.developer, public.authorize(code_challenge=None, code_challenge_method=None)))
        assert found["error"] == "invalid_request"
        assert public.tokens_for(cast.developer)["access_token"]

    def test_a_confidential_one_can_and_then_no_verifier_counts(self, cast: Cast, client_app: Registered) -> None:
        without = {"code_challenge": None, "code_challenge_method": None}
        code = client_app.code_for(cast.developer, **without)
        assert client_app.exchange(code).json()["error"] == "invalid_grant"
        assert client_app.exchange(code, code_verifier=None).status_code == 200

    def test_the_challenge_is_never_the_verifier_itself(self, cast: Cast, client_app: Registered) -> None:
        answer = browser_of(cast.developer).post(
            "/oauth/authorize", {"decision": "allow"}, query_params=client_app.authorize(code_challenge_method="plain")
        )
        assert query_of(answer)["error"] == "invalid_request"
