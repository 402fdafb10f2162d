"""Single sign-on with an OpenID Connect provider: who is known, who is new, and whose word does not count."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.core.cache import cache
from django.test import Client

from audit.models import AuditEvent
from identity.adapters.single_sign_on import SingleSignOnAdapter
from identity.models import User
from projects.models import Group
from tests.factories.cast import Cast
from tests.support.identity_provider import CLIENT_ID, CLIENT_SECRET, ISSUER, IdentityProvider
from tests.support.second_factors import code, enable_two_factor

BEGIN = "/users/auth"
CALLBACK = "/users/auth/openid_connect/callback"
LINKS = "/-/user_settings/single_sign_on"


@pytest.fixture
def provider(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch) -> IdentityProvider:
    settings.OIDC_ISSUER, settings.OIDC_NAME = ISSUER, "Acme Identity"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT_ID, CLIENT_SECRET
    settings.EXTERNAL_URL = "http://testserver"
    cache.clear()
    made = IdentityProvider()
    monkeypatch.setattr(SingleSignOnAdapter, "get_requests_session", lambda _self: made)
    return made


def leave(client: Client, at: str = BEGIN, **form: str) -> str:
    """Where the browser is sent."""
    page = client.post(at, form).content.decode()
    return unescape(re.search('http-equiv="refresh" content="0;url=([^"]+)"', page)[1])  # type: ignore[index]


def sign_in(client: Client, provider: IdentityProvider, **claims: Any) -> Any:
    return client.get(provider.sign_in(leave(client), **claims).removeprefix("http://testserver"))


def link(user: User, subject: str = "subject-1", issuer: str = ISSUER) -> None:
    SocialAccount.objects.create(user=user, uid=subject, provider=issuer)


def user_of(client: Client) -> str | None:
    user = client.session.get("_auth_user_id")
    return User.objects.get(pk=user).username if user else None


class TestKnownPeople:
    def test_the_subject_signs_in(self, client: Client, cast: Cast, provider: IdentityProvider) -> None:
        link(cast.maintainer)
        assert "Sign in with Acme Identity" in client.get("/users/sign_in").content.decode()
        address = leave(client, next=LINKS)
        answer = client.get(provider.sign_in(address).removeprefix("http://testserver"))
        assert answer["Location"] == LINKS
        assert user_of(client) == "maintainer"
        assert not SocialToken.objects.exists()

    def test_it_leads_nowhere_else(self, client: Client, cast: Cast, provider: IdentityProvider) -> None:
        link(cast.maintainer)
        address = leave(client, next="https://example.com/")
        assert client.get(provider.sign_in(address).removeprefix("http://testserver"))["Location"] == "/"

    def test_the_second_factor_is_asked_for_all_the_same(
        self, client: Client, cast: Cast, provider: IdentityProvider
    ) -> None:
        link(cast.maintainer)
        enable_two_factor(cast.maintainer)
        assert sign_in(client, provider)["Location"] == "/users/sign_in/two_factor"
        assert user_of(client) is None
        assert "'theirs'" not in str(dict(client.session)), "the provider's token does not wait with it"
        client.post("/users/sign_in/two_factor", {"code": code()})
        assert user_of(client) == "maintainer"

    def test_blocked_people_cannot_sign_in(self, client: Client, cast: Cast, provider: IdentityProvider) -> None:
        link(cast.maintainer)
        User.objects.filter(pk=cast.maintainer.pk).update(is_active=False)
        assert sign_in(client, provider)["Location"] == "/users/sign_in"
        assert user_of(client) is None

    def test_nothing_of_what_the_provider_says_is_kept(
        self, client: Client, cast: Cast, provider: IdentityProvider
    ) -> None:
        link(cast.maintainer)
        sign_in(client, provider, email="somebody@example.com", email_verified=True, salary=5)
        assert SocialAccount.objects.get().extra_data == {}
        cast.maintainer.refresh_from_db()
        assert cast.maintainer.email == "maintainer@example.org"


class TestWhoIsNot:
    @pytest.mark.parametrize("verified", [True, False])
    def test_an_address_signs_nobody_in(
        self, client: Client, cast: Cast, provider: IdentityProvider, verified: bool
    ) -> None:
        answer = sign_in(client, provider, email=cast.maintainer.email, email_verified=verified)
        assert answer.status_code == 403
        assert "Nobody here is linked" in answer.content.decode()
        assert user_of(client) is None
        assert not SocialAccount.objects.exists()

    def test_another_issuer_with_the_same_subject_signs_nobody_in(
        self, client: Client, cast: Cast, provider: IdentityProvider
    ) -> None:
        link(cast.maintainer, issuer="https://former.example.com")
        assert sign_in(client, provider).status_code == 403

    @pytest.mark.parametrize(
        "claims",
        [
            {"sub": "another"},
            {"aud": "another application"},
            {"iss": "https://evil.example.com"},
            {"exp": 1},
        ],
    )
    def test_an_id_token_for_somebody_else_counts_for_nothing(
        self, client: Client, cast: Cast, provider: IdentityProvider, claims: dict[str, Any]
    ) -> None:
        link(cast.maintainer)
        provider.claims = claims
        answer = sign_in(client, provider)
        assert answer.status_code == 403
        assert "did not work" in answer.content.decode()
        assert user_of(client) is None

    def test_the_answer_to_another_browser_counts_for_nothing(
        self, client: Client, cast: Cast, provider: IdentityProvider
    ) -> None:
        link(cast.maintainer)
        back = provider.sign_in(leave(client)).removeprefix("http://testserver")
        other = Client()
        assert other.get(back).status_code == 403
        assert user_of(other) is None
        assert client.get(back).status_code == 302
        assert Client().get(back).status_code == 403, "and no answer counts twice"

    @pytest.mark.parametrize("query", ["", "?error=access_denied", "?code=x&state=y", "?code=&state=", "?state=%00"])
    def test_nonsense_comes_back(self, client: Client, cast: Cast, provider: IdentityProvider, query: str) -> None:
        leave(client)
        assert client.get(f"{CALLBACK}{query}").status_code == 403

    def test_a_provider_that_answers_nonsense(self, client: Client, cast: Cast, provider: IdentityProvider) -> None:
        provider.issuer = "https://evil.example.com"
        assert client.post(BEGIN).status_code == 403
        link(cast.maintainer)
        provider.issuer = ISSUER
        address = leave(client)
        back = provider.sign_in(address).removeprefix("http://testserver")
        provider.about = {"name": "without a subject"}
        provider.claims = {"sub": "subject-1"}
        assert client.get(back).status_code == 403


class TestNewPeople:
    def test_they_come_where_the_setting_allows(
        self, client: Client, cast: Cast, provider: IdentityProvider, settings: Any
    ) -> None:
        settings.OIDC_CREATES_PEOPLE = True
        claims = {"preferred_username": "jane doe!", "name": "Jane Doe", "email": "jane@example.com"}
        sign_in(client, provider, **claims, email_verified=True)
        person = User.objects.get(username="janedoe")
        assert (person.name, person.email) == ("Jane Doe", "jane@example.com")
        assert not person.has_usable_password()
        assert not person.is_superuser
        assert Group.objects.filter(person=person).exists(), "their namespace"
        assert user_of(client) == "janedoe"
        again = Client()
        sign_in(again, provider)
        assert user_of(again) == "janedoe"
        assert AuditEvent.objects.filter(event="single_sign_on_linked", target_id=person.pk).exists()

    def test_nobody_takes_a_name_or_an_address(
        self, client: Client, cast: Cast, provider: IdentityProvider, settings: Any
    ) -> None:
        settings.OIDC_CREATES_PEOPLE = True
        sign_in(client, provider, preferred_username="Maintainer", email=cast.maintainer.email)
        assert user_of(client) == "Maintainer2"
        assert User.objects.get(username="Maintainer2").email == "", "it was not verified"
        other = Client()
        sign_in(other, provider, sub="subject-2", preferred_username="../-..")
        assert user_of(other) == "person"


class TestLinking:
    def test_people_link_and_unlink_their_account(self, client: Client, cast: Cast, provider: IdentityProvider) -> None:
        client.force_login(cast.maintainer)
        address = leave(client, f"{LINKS}/link")
        answer = client.get(provider.sign_in(address).removeprefix("http://testserver"))
        assert answer["Location"] == LINKS
        assert "subject-1" in client.get(LINKS).content.decode()
        other = Client()
        sign_in(other, provider)
        assert user_of(other) == "maintainer"
        client.post(f"{LINKS}/{SocialAccount.objects.get().pk}/unlink")
        assert sign_in(Client(), provider).status_code == 403

    def test_nobody_takes_the_subject_of_another(self, client: Client, cast: Cast, provider: IdentityProvider) -> None:
        link(cast.maintainer)
        client.force_login(cast.developer)
        client.get(provider.sign_in(leave(client, f"{LINKS}/link")).removeprefix("http://testserver"))
        assert SocialAccount.objects.get().user == cast.maintainer
        assert client.post(f"{LINKS}/{SocialAccount.objects.get().pk}/unlink").status_code == 404

    def test_linking_takes_a_fresh_proof(self, client: Client, cast: Cast, provider: IdentityProvider) -> None:
        client.force_login(cast.maintainer)
        session = client.session
        session["identity_proven_at"] = 0
        session.save()
        assert "Confirm that it is you" in client.post(f"{LINKS}/link").content.decode()

    def test_who_has_no_password_signs_in_there_to_confirm(
        self, client: Client, cast: Cast, provider: IdentityProvider
    ) -> None:
        cast.maintainer.set_unusable_password()
        cast.maintainer.save()
        link(cast.maintainer)
        sign_in(client, provider)
        session = client.session
        session["identity_proven_at"] = 0
        session.save()
        asked = client.post("/-/user_settings/personal_access_tokens", {"name": "x", "scopes": "api"})
        assert "Sign in again with Acme Identity" in asked.content.decode()
        sign_in(client, provider)
        made = client.post("/-/user_settings/personal_access_tokens", {"name": "x", "scopes": "api"})
        assert "glpat-" in made.content.decode()
        assert client.post(f"{LINKS}/{SocialAccount.objects.get().pk}/unlink").status_code == 302
        assert SocialAccount.objects.exists(), "the only way in stays"
        link(cast.maintainer, "subject-2")
        page = client.get(f"{LINKS}/{SocialAccount.objects.get(uid='subject-2').pk}/unlink").content.decode()
        assert "Signing in as that account then leads to none here." in page
        assert "other account still signs you in." in page
        assert "You still have your password" not in page


def test_without_the_setting_there_is_none(client: Client, cast: Cast) -> None:
    assert "Sign in with" not in client.get("/users/sign_in").content.decode()
    assert client.post(BEGIN).status_code == 404
    assert client.get(f"{CALLBACK}").status_code == 404
    client.force_login(cast.maintainer)
    assert client.get(LINKS).status_code == 404
    assert "Single sign-on" not in client.get("/-/user_settings/password").content.decode()


def test_another_site_begins_nothing(cast: Cast, provider: IdentityProvider) -> None:
    assert Client(enforce_csrf_checks=True).post(BEGIN).status_code == 403
    assert not provider.asked
