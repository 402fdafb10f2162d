"""Single sign-on with a SAML provider: whose word counts, and which of its words do not."""

from __future__ import annotations

import base64
import re
from html import unescape
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from defusedxml.ElementTree import fromstring
from django.contrib.sessions.models import Session
from django.test import Client

from identity.models import User
from tests.factories.cast import Cast
from tests.support.saml_provider import (
    AUDIENCE,
    CALLBACK,
    CERTIFICATE,
    ENTITY_ID,
    KEY,
    SIGN_IN_URL,
    SAMLProvider,
    bare,
    make_key,
)
from tests.support.second_factors import code, enable_two_factor

BEGIN = "/users/auth"
LINKS = "/-/user_settings/single_sign_on"
PATH = CALLBACK.removeprefix("http://testserver")


@pytest.fixture
def provider(cast: Cast, settings: Any) -> SAMLProvider:
    settings.SAML_ENTITY_ID, settings.SAML_SIGN_IN_URL = ENTITY_ID, SIGN_IN_URL
    settings.SAML_CERTIFICATES, settings.SAML_NAME = [bare(CERTIFICATE)], "Acme Identity"
    settings.EXTERNAL_URL = "http://testserver"
    return SAMLProvider()


def leave(client: Client, at: str = BEGIN) -> str:
    page = client.post(at).content.decode()
    return unescape(re.search('http-equiv="refresh" content="0;url=([^"]+)"', page)[1])  # type: ignore[index]


def come_back(client: Client, response: str) -> Any:
    """The other site's form brings no session cookie; the request that follows it does."""
    other = Client(enforce_csrf_checks=True)
    answer = other.post(PATH, {"SAMLResponse": response})
    if answer.status_code != 302:
        return answer
    client.cookies["saml-response"] = other.cookies["saml-response"].value
    return client.get(answer["Location"])


def sign_in(client: Client, provider: SAMLProvider, **changes: Any) -> Any:
    return come_back(client, provider.sign_in(leave(client), **changes))


def link(user: User, subject: str = "subject-1", provider: str = ENTITY_ID) -> None:
    SocialAccount.objects.create(user=user, uid=subject, provider=provider)


def user_of(client: Client) -> str | None:
    user = client.session.get("_auth_user_id")
    return User.objects.get(pk=user).username if user else None


def test_the_subject_signs_in_with_a_second_factor_if_they_have_one(
    client: Client, cast: Cast, provider: SAMLProvider
) -> None:
    link(cast.maintainer)
    assert "Sign in with Acme Identity" in client.get("/users/sign_in").content.decode()
    assert sign_in(client, provider, attributes={"email": "other@example.com"}).status_code == 302
    assert user_of(client) == "maintainer"
    assert SocialAccount.objects.get().extra_data == {}
    enable_two_factor(cast.maintainer)
    other = Client()
    assert sign_in(other, provider)["Location"].startswith("/users/sign_in/two_factor")
    assert user_of(other) is None
    other.post("/users/sign_in/two_factor", {"code": code()})
    assert user_of(other) == "maintainer"


def test_people_link_their_account(client: Client, cast: Cast, provider: SAMLProvider) -> None:
    client.force_login(cast.maintainer)
    come_back(client, provider.sign_in(leave(client, f"{LINKS}/link")))
    assert SocialAccount.objects.get().user == cast.maintainer
    assert "subject-1" in client.get(LINKS).content.decode()


WRONG: dict[str, dict[str, Any]] = {
    "it is not signed": {"signed": False},
    "it was changed after that": {"tamper": lambda text: text.replace("subject-1", "subject-2")},
    "it is for another server": {"audience": "https://other.example.com"},
    "it is for anybody": {"audience": ""},
    "it is of another provider": {"issuer": "https://evil.example.com"},
    "it is for another address": {"recipient": "https://other.example.com/callback"},
    "it was sent to another address": {"destination": "https://other.example.com/callback"},
    "it has expired": {"ends_in": -3600},
    "it begins later": {"begins_in": 3600},
    "it answers no request": {"names_request": False},
    "it answers another request": {"outer_request_id": "_other"},
    "it is no success": {"status": "Responder"},
    "its subject changes": {"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
    "a comment cuts its subject": {"subject": "subject-1<!---->.evil"},
}


@pytest.mark.parametrize("why", WRONG)
def test_a_response_with_something_wrong_in_it_does_not_count(
    client: Client, cast: Cast, provider: SAMLProvider, why: str
) -> None:
    link(cast.maintainer)
    link(cast.developer, "subject-2")
    answer = sign_in(client, provider, **WRONG[why])
    assert answer.status_code == 403
    assert user_of(client) is None
    assert "subject" not in answer.content.decode()


def test_a_response_signed_by_another_key_or_a_weak_one_does_not_count(
    client: Client, cast: Cast, provider: SAMLProvider
) -> None:
    link(cast.maintainer)
    provider.key, provider.certificate = make_key()
    assert sign_in(client, provider).status_code == 403
    provider.certificate = CERTIFICATE
    assert sign_in(client, provider).status_code == 403
    provider.key = KEY
    provider.algorithm = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
    assert sign_in(client, provider).status_code == 403
    assert user_of(client) is None


def test_a_new_certificate_counts_beside_the_old_one(
    client: Client, cast: Cast, provider: SAMLProvider, settings: Any
) -> None:
    link(cast.maintainer)
    provider.key, provider.certificate = make_key()
    settings.SAML_CERTIFICATES = [bare(CERTIFICATE), bare(provider.certificate)]
    sign_in(client, provider)
    assert user_of(client) == "maintainer"


def test_a_second_assertion_beside_the_signed_one_counts_for_nothing(
    client: Client, cast: Cast, provider: SAMLProvider
) -> None:
    """Wrapping: a signature that is right, of something that is not what is read."""
    link(cast.maintainer, "subject-2")
    request_id = provider.read_request(leave(client))
    forged = provider.assertion(request_id, subject="subject-2").replace('ID="_a"', 'ID="_b"')
    for wrapped in (lambda text: forged + text, lambda text: text + forged):
        assert come_back(client, provider.respond(request_id, tamper=wrapped)).status_code == 403
    assert user_of(client) is None


def test_a_response_counts_once_and_in_the_browser_that_asked(
    client: Client, cast: Cast, provider: SAMLProvider
) -> None:
    link(cast.maintainer)
    response = provider.sign_in(leave(client))
    thief = Client()
    leave(thief)
    assert come_back(thief, response).status_code == 403
    assert come_back(client, response).status_code == 302
    assert come_back(client, response).status_code == 403
    assert user_of(thief) is None
    assert client.get(f"{PATH}/finish").status_code == 403


NONSENSE = ["", "%", "AAAA", base64.b64encode(b"<a/>").decode(), "A" * 300_000, base64.b64encode(b"\0").decode()]
BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><r>&b;</r>'
FILE = b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>'


@pytest.mark.parametrize("response", [*NONSENSE, *(base64.b64encode(one).decode() for one in (BOMB, FILE))])
def test_nonsense_comes_back_and_leaves_nothing_behind(
    client: Client, cast: Cast, provider: SAMLProvider, response: str
) -> None:
    assert client.post(PATH, {"SAMLResponse": response}).status_code == 403
    assert not Session.objects.exists()


def test_new_people_come_where_the_setting_allows(
    client: Client, cast: Cast, provider: SAMLProvider, settings: Any
) -> None:
    attributes = {"username": "jane", "displayName": "Jane Doe", "mail": "jane@example.com"}
    assert "Nobody here is linked" in sign_in(client, provider, attributes=attributes).content.decode()
    settings.SAML_CREATES_PEOPLE = True
    sign_in(client, provider, attributes=attributes)
    person = User.objects.get(username="jane")
    assert (person.name, person.email, person.has_usable_password()) == ("Jane Doe", "", False)
    assert user_of(client) == "jane"
    sign_in(Client(), provider, subject="subject-2", attributes={**attributes, "email_verified": "true"})
    assert User.objects.get(username="jane2").email == "jane@example.com"


def test_a_provider_reads_who_this_server_is(client: Client, cast: Cast, provider: SAMLProvider) -> None:
    answer = client.get("/users/auth/saml/metadata")
    document = fromstring(answer.content)
    service = document.find(".//{urn:oasis:names:tc:SAML:2.0:metadata}AssertionConsumerService")
    assert document.get("entityID") == AUDIENCE
    assert service is not None
    assert service.get("Location") == CALLBACK


def test_without_the_setting_there_is_none(client: Client, cast: Cast, settings: Any) -> None:
    for answer in (client.post(PATH), client.get(f"{PATH}/finish"), client.get("/users/auth/saml/metadata")):
        assert answer.status_code == 404
    settings.OIDC_ISSUER = "https://idp.example.com"
    assert client.post(PATH).status_code == 404
