"""Passkeys by hand: what a browser would not send. The real thing is in tests/browser/test_two_factor.py."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from tests.factories.cast import Cast
from tests.support.second_factors import Passkey, enable_two_factor

ACCOUNT = "/-/user_settings/two_factor"
SECOND = "/users/sign_in/two_factor"
PASSWORD = "let me in please"
_RESPONSE = {"clientDataJSON": "e30", "authenticatorData": "AAAA", "attestationObject": "oA", "signature": "AA"}
NONSENSE = [
    "",
    "null",
    "1",
    "[]",
    "{}",
    "{",
    '"x"',
    json.dumps({"id": 1, "rawId": 2, "type": [], "response": {}}),
    json.dumps({"id": "a", "rawId": "a", "type": "public-key", "response": None}),
    json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": _RESPONSE}),
    json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {**_RESPONSE, "userHandle": 5}}),
    json.dumps({"id": "é", "rawId": "é", "type": "x", "response": dict.fromkeys(_RESPONSE, "é")}),
]


@pytest.fixture(autouse=True)
def _with_a_name(settings: Any) -> None:
    settings.EXTERNAL_URL = "https://tokens.example.com"
    cache.clear()


def test_a_passkey_signs_in_and_only_with_a_right_signature(client: Client, cast: Cast) -> None:
    key = Passkey()
    key.enable_for(cast.maintainer)
    client.post("/users/sign_in", {"username": "maintainer", "password": PASSWORD})

    def answer(**how: bool) -> Any:
        page = unescape(client.get(SECOND).content.decode())
        challenge = re.search('"challenge": "([^"]+)"', page)[1]  # type: ignore[index]
        return client.post(SECOND, {"credential": key.answer(challenge, **how)})

    assert answer(signed=False).status_code == 200
    assert client.post(SECOND, {"credential": key.answer("AAAA")}).status_code == 200, "of another moment"
    assert answer().status_code == 302
    assert "_auth_user_id" in client.session


def test_nonsense_signs_nobody_in(client: Client, cast: Cast) -> None:
    enable_two_factor(cast.maintainer)
    client.post("/users/sign_in", {"username": "maintainer", "password": PASSWORD})
    client.get(SECOND)
    for given in NONSENSE:
        assert client.post(SECOND, {"credential": given}).status_code == 200, given
        assert "_auth_user_id" not in client.session, given


def test_nonsense_is_not_added_as_a_passkey(client: Client, cast: Cast) -> None:
    client.force_login(cast.maintainer)
    for given in NONSENSE:
        client.get(f"{ACCOUNT}/passkeys/add")
        assert client.post(f"{ACCOUNT}/passkeys/add", {"name": "x", "credential": given}).status_code == 200, given
    assert not Authenticator.objects.exists()


def test_nonsense_confirms_nothing(client: Client, cast: Cast) -> None:
    Passkey().enable_for(cast.maintainer)
    client.force_login(cast.maintainer)
    session = client.session
    session["identity_proven_at"] = 0
    session.save()
    for given in NONSENSE:
        client.get(f"{ACCOUNT}/recovery_codes/new")
        answer = client.post(f"{ACCOUNT}/recovery_codes/new", {"confirm-credential": given})
        assert answer.status_code == 403, given


def test_there_are_none_where_browsers_make_none(client: Client, cast: Cast, settings: Any) -> None:
    client.force_login(cast.maintainer)
    for address in ("http://tokens.example.com", "https://192.0.2.1"):
        settings.EXTERNAL_URL = address
        assert client.get(f"{ACCOUNT}/passkeys/add").status_code == 404
        assert "browsers want https and a name" in client.get(ACCOUNT).content.decode()
