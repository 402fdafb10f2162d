"""Applications, and the way of a person through the consent page."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from django.test import Client

from identity.models import User
from identity.secrets import digest, mint
from oauth.models import Application
from oauth.secrets import OwnPrefix

CALLBACK = "https://client.example.com/callback"
VERIFIER = "a-verifier-that-is-long-enough-for-rfc-7636-to-take"


def challenge(verifier: str = VERIFIER) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@dataclass
class Registered:
    """An application and its secret, "" for a public one."""

    row: Application
    secret: str

    @property
    def id(self) -> str:
        return str(self.row.client_id)

    def authorize(self, **more: Any) -> dict[str, Any]:
        """The parameters of an authorization request; None leaves one out."""
        asked = {
            "client_id": self.id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "api",
            "state": "st/ate+1",
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
            **more,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def code_for(self, person: User, **more: Any) -> str:
        """What the callback gets once the person has said yes."""
        browser = Client()
        browser.force_login(person)
        query = self.authorize(**more)
        answer = browser.post("/oauth/authorize", {"decision": "allow"}, query_params=query)
        return query_of(answer)["code"]

    def exchange(self, code: str, **more: Any) -> Any:
        body = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            **more,
        }
        return self.post("token", **body)

    def refresh(self, secret: str, **more: Any) -> Any:
        return self.post("token", grant_type="refresh_token", refresh_token=secret, **more)

    def post(self, endpoint: str, **body: Any) -> Any:
        """To the endpoint, as this client: with its secret, if it has one."""
        own = {"client_id": self.id, **({"client_secret": self.secret} if self.secret else {})}
        sent = {name: value for name, value in {**own, **body}.items() if value is not None}
        return Client(enforce_csrf_checks=True).post(
            f"/oauth/{endpoint}", urlencode(sent), content_type="application/x-www-form-urlencoded"
        )

    def tokens_for(self, person: User, **more: Any) -> dict[str, Any]:
        answer = self.exchange(self.code_for(person, **more))
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found


def application(name: str = "Client", *, confidential: bool = True, **more: Any) -> Registered:
    secret = mint(OwnPrefix.CLIENT_SECRET) if confidential else ""
    row = Application.objects.create(
        **{
            "name": name,
            "client_type": "confidential" if confidential else "public",
            "client_secret": digest(secret) if secret else "",
            "redirect_uris": CALLBACK,
            "scopes": ["api", "read_api", "read_user", "openid", "profile", "email"],
            **more,
        }
    )
    return Registered(row, secret)


def query_of(answer: Any) -> dict[str, str]:
    """The parameters of the address that an answer sends on to."""
    assert answer.status_code == 302, answer.content
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Location"]).query).items()}
