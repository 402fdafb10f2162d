"""An OpenID Connect provider in this process, in the place of the connections that allauth would make."""

from __future__ import annotations

import base64
import hashlib
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

ISSUER = "https://idp.example.com/realms/acme"
CLIENT_ID, CLIENT_SECRET = "token-access", "the client's own secret"


KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Answer:
    def __init__(self, body: Any, status: int = 200) -> None:
        self.body, self.status_code = body, status
        self.headers = {"content-type": "application/json"}
        self.content = self.text = str(body)

    def json(self) -> Any:
        return self.body

    def raise_for_status(self) -> None:
        assert self.status_code == 200


class IdentityProvider:
    """`claims` and `about` are what it says of who signs in, in the ID token and as user information."""

    def __init__(self) -> None:
        self.claims: dict[str, Any] = {}
        self.about: dict[str, Any] = {}
        self.issuer = ISSUER
        self.asked: list[str] = []
        self.challenges: dict[str, str] = {}

    def sign_in(self, address: str, **claims: Any) -> str:
        """Somebody does, where `address` led the browser: the query of the address they are sent back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith("https://idp.example.com/authorize?")
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        self.about = {"sub": "subject-1", **claims}
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = query["code_challenge"]
        return f"{query['redirect_uri']}?code={code}&state={query['state']}"

    # --- What allauth does with a session of requests -----------------------------------------------------------------

    def __enter__(self) -> IdentityProvider:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def get(self, address: str, headers: Any = None) -> Answer:
        self.asked.append(address)
        if address == f"{ISSUER}/.well-known/openid-configuration":
            return Answer(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": "https://idp.example.com/authorize",
                    "token_endpoint": "https://idp.example.com/token",
                    "userinfo_endpoint": "https://idp.example.com/about",
                    "jwks_uri": "https://idp.example.com/keys",
                }
            )
        assert address == "https://idp.example.com/about"
        assert headers == {"Authorization": "Bearer theirs"}
        return Answer(self.about)

    def request(self, method: str, address: str, *, data: dict[str, str], **_: Any) -> Answer:
        assert (method, address) == ("POST", "https://idp.example.com/token")
        assert data["client_secret"] == CLIENT_SECRET
        proof = base64.urlsafe_b64encode(hashlib.sha256(data["code_verifier"].encode()).digest()).decode().rstrip("=")
        if self.challenges.pop(data["code"], None) != proof:
            return Answer({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": self.about["sub"], "iat": now, "exp": now + 60}
        token = jwt.encode({**claims, **self.claims}, KEY, "RS256", headers={"kid": "1"})
        return Answer({"access_token": "theirs", "token_type": "Bearer", "id_token": token})
