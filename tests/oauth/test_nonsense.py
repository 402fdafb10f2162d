"""Whatever arrives at the endpoints of programs is answered in OAuth's words, and never with an error of the server."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.factories.cast import Cast
from tests.factories.oauth import application

pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
ENDPOINTS = ("token", "revoke", "introspect", "authorize_device", "userinfo")
VALUES = ["", "\0", "\ud800", "é", "x" * 100_000, "a&a=b", "%", "[]", "' OR 1=1 --", "\r\nX: y"]
GRANTS = ("authorization_code", "refresh_token", "client_credentials", "urn:ietf:params:oauth:grant-type:device_code")


def bodies(client_id: str) -> list[str]:
    """Forms with one odd value each, and what is no form."""
    known = f"client_id={client_id}&client_secret=x&redirect_uri=x&code=x&refresh_token=x&device_code=x&token=x"
    odd = [quote(value, safe="", errors="surrogatepass") for value in VALUES]
    names = ("client_id", "code", "refresh_token", "device_code", "token", "scope", "code_verifier", "redirect_uri")
    found = [f"{known}&grant_type={grant}&{name}={value}" for grant in GRANTS for name in names for value in odd[:4]]
    found += [f"{known}&grant_type={value}" for value in odd]
    return [*found, "", "\0", "%ff=%ff", "grant_type", f"{known}&{known}"]


def test_odd_forms_break_no_endpoint_of_oauth(cast: Cast) -> None:
    client = application(confidential=False, client_credentials=True)
    for endpoint in ENDPOINTS:
        for body in bodies(client.id) if endpoint == "token" else bodies(client.id)[-20:]:
            answer = Client(raise_request_exception=False).post(f"/oauth/{endpoint}", body, content_type=FORM)
            assert answer.status_code < 500, (endpoint, body[:300])
            assert "error" in answer.json() or answer.status_code == 200, (endpoint, body[:300])


@pytest.mark.one_case
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_odd_headers_and_media_types(cast: Cast, endpoint: str) -> None:
    made = [base64.b64encode(value).decode() for value in (b"", b":", b"\xff:\xff", b"a\0b:c", b"%ff:%ff", b"x")]
    browser = Client(raise_request_exception=False)
    for scheme in ("Basic", "Bearer", "basic", "Digest", "Basic  "):
        for value in [*made, "", "=", "é", "\0"]:
            answer = browser.post(
                f"/oauth/{endpoint}", "grant_type=refresh_token&refresh_token=x", content_type=FORM,
                headers={"Authorization": f"{scheme} {value}"},
            )  # fmt: skip
            assert answer.status_code < 500, (scheme, value)
    for kind in (
        "application/json",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "nonsense",
    ):
        assert browser.generic("POST", f"/oauth/{endpoint}", b'{"grant_type": 1}', content_type=kind).status_code < 500
    for method in ("GET", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert browser.generic(method, f"/oauth/{endpoint}").status_code < 500


def test_odd_questions_to_the_consent_page(cast: Cast) -> None:
    client: Any = application()
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.developer)
    for name in client.authorize(nonce="", prompt="", claims="", resource="", max_age="", ui_locales="", display=""):
        for value in VALUES:
            query = {**client.authorize(scope="api openid"), name: value[:20_000]}
            address = "/oauth/authorize?" + "&".join(
                f"{one}={quote(other, safe='', errors='surrogatepass')}" for one, other in query.items()
            )
            for answer in (browser.get(address), browser.post(address, {"decision": "allow"})):
                assert answer.status_code < 500, (name, value[:50])
    for raw in ("client_id=%", "client_id=%ff", f"{'a=b&' * 3000}", f"client_id={client.id}&client_id={client.id}"):
        assert browser.get(f"/oauth/authorize?{raw}").status_code < 500
