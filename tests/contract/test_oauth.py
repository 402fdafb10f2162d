"""Authlib, the requests of git-credential-oauth and of glab, and git itself, against the real server.

One application of each kind and one signed-in browser serve all of them.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.contract.world import World
from tests.factories.oauth import challenge
from tests.support.git import Git

CALLBACK = "https://dashboard.example.com/callback"


class Browser:
    """A person at their browser, who is signed in and agrees to everything."""

    def __init__(self, base: str, username: str) -> None:
        self.session = requests.Session()
        form = {"username": username, "password": "let me in please", "next": "/"}
        answer = self._submit(f"{base}/users/sign_in", form)
        assert answer.status_code == 302, answer.text

    def authorize(self, address: str) -> str:
        """Where the browser is sent on to."""
        answer = self._submit(address, {"decision": "allow"})
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def _submit(self, address: str, form: dict[str, str]) -> requests.Response:
        page = self.session.get(address)
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
        assert token is not None, page.text
        return self.session.post(
            address, {"csrfmiddlewaretoken": token[1], **form}, headers={"Referer": address}, allow_redirects=False
        )


def register(world: World, **fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = world.live.make("/applications", **fields)
    return found


@pytest.fixture
def browser(world: World) -> Browser:
    return Browser(world.live.url, world.developer.username)


def test_authlib_signs_a_person_in_and_keeps_a_session(world: World, browser: Browser) -> None:
    known = requests.get(f"{world.live.url}/.well-known/openid-configuration").json()
    made = register(world, name="Dashboard", redirect_uri=CALLBACK, scopes="openid profile email read_api")
    client = OAuth2Session(
        made["application_id"], made["secret"], scope="openid profile email read_api", redirect_uri=CALLBACK,
        code_challenge_method="S256",
    )  # fmt: skip
    verifier, nonce = generate_token(48), generate_token()
    address, state = client.create_authorization_url(
        known["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    answered = browser.authorize(address)
    assert parse_qs(urlsplit(answered).query)["iss"] == [known["issuer"]]
    token = client.fetch_token(
        known["token_endpoint"], authorization_response=answered, code_verifier=verifier, state=state
    )

    decoded = jwt.decode(token["id_token"], KeySet.import_key_set(requests.get(known["jwks_uri"]).json()))
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={"iss": {"value": known["issuer"]}, "aud": {"value": made["application_id"]}},
        params={"nonce": nonce, "client_id": made["application_id"], "access_token": token["access_token"]},
    )
    claims.validate(leeway=5)
    assert (claims["sub"], claims["nonce"]) == (str(world.developer.id), nonce)
    assert set(claims) <= set(known["claims_supported"])
    info = client.get(known["userinfo_endpoint"]).json()
    assert (info["sub"], info["preferred_username"]) == (claims["sub"], world.developer.username)
    assert client.get(f"{world.live.api}/projects/{world.app.id}").status_code == 200

    former = token["refresh_token"]
    client.refresh_token(known["token_endpoint"])
    assert client.introspect_token(known["introspection_endpoint"], token=client.token["access_token"]).json()["active"]
    assert client.revoke_token(known["revocation_endpoint"], token=client.token["refresh_token"]).status_code == 200
    with pytest.raises(OAuthError, match="invalid_grant"):
        client.refresh_token(known["token_endpoint"], refresh_token=former)
    assert client.get(known["userinfo_endpoint"]).status_code == 401


Exchange = Callable[..., dict[str, Any]]


def authorize_git(world: World, browser: Browser) -> tuple[dict[str, Any], Exchange]:
    """The tokens that git-credential-oauth gets, and what asks for more. It tries HTTP Basic with an empty secret."""
    base = world.live.url
    scopes = "read_repository write_repository"
    client_id = register(
        world, name="git-credential-oauth", redirect_uri="http://127.0.0.1", scopes=scopes, confidential=False
    )["application_id"]
    redirect, verifier = "http://127.0.0.1:45123", secrets.token_urlsafe(32)
    answered = browser.authorize(
        f"{base}/oauth/authorize?client_id={client_id}&code_challenge={challenge(verifier)}&code_challenge_method=S256"
        f"&redirect_uri={quote(redirect, safe='')}&response_type=code&scope={quote(scopes)}&state={verifier[:8]}"
    )
    assert answered.startswith(f"{redirect}?")
    basic = "Basic " + base64.b64encode(f"{client_id}:".encode()).decode()

    def exchange(**body: str) -> dict[str, Any]:
        answer = requests.post(f"{base}/oauth/token", body, headers={"Authorization": basic})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    code = parse_qs(urlsplit(answered).query)["code"][0]
    token = exchange(grant_type="authorization_code", code=code, redirect_uri=redirect, code_verifier=verifier)
    return token, exchange


def test_git_clones_and_pushes_as_git_credential_oauth_has_it(world: World, browser: Browser, tmp_path: Path) -> None:
    world.commit(world.library, {"a.txt": "words\n"})
    token, exchange = authorize_git(world, browser)
    git = Git(tmp_path)
    helper = tmp_path / "helper"

    def remember(secret: str) -> None:
        helper.write_text(f"#!/bin/sh\n[ $1 = get ] && printf 'username=oauth2\\npassword={secret}\\n'\n")
        helper.chmod(0o700)

    remember(token["access_token"])
    own = ("-c", f"credential.helper={helper}")
    address = f"{world.live.url}/{world.library.path}.git"
    cloned = git.run(*own, "clone", address, "a")
    assert cloned.returncode == 0, cloned.stderr
    assert (tmp_path / "a" / "a.txt").read_text() == "words\n"
    remember(exchange(grant_type="refresh_token", refresh_token=token["refresh_token"])["access_token"])
    inside = Git(tmp_path / "a")
    assert inside.run("commit", "--allow-empty", "-m", "More").returncode == 0
    pushed = inside.run(*own, "push", "origin", "HEAD:main")
    assert pushed.returncode == 0, pushed.stderr
    remember(token["access_token"])
    assert git.run(*own, "ls-remote", address).returncode != 0


def test_glab_signs_in(world: World, browser: Browser) -> None:
    redirect, scopes = "http://localhost:7171/auth/redirect", "openid profile read_user write_repository api"
    made = register(world, name="glab", redirect_uri=redirect, scopes=scopes, confidential=False)
    client_id, verifier = made["application_id"], secrets.token_urlsafe(48)
    answered = browser.authorize(
        f"{world.live.url}/oauth/authorize?client_id={client_id}&code_challenge={challenge(verifier)}"
        f"&code_challenge_method=S256&redirect_uri={quote(redirect)}&response_type=code&scope={quote(scopes)}&state=s"
    )
    body = {
        "client_id": client_id,
        "code": parse_qs(urlsplit(answered).query)["code"][0],
        "grant_type": "authorization_code",
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    token = requests.post(f"{world.live.url}/oauth/token", body).json()
    me = requests.get(f"{world.live.api}/user", headers={"Authorization": f"Bearer {token['access_token']}"}).json()
    assert me["username"] == world.developer.username
