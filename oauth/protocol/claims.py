"""What an ID token and the user info say of a person, by the scopes that were granted (OpenID Connect Core, 5.4)."""

from __future__ import annotations

from typing import Any

from identity.models import User
from oauth.scopes import OAuthScope
from signing.discovery import issuer

SUPPORTED = [
    "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "jti",
    "name", "nickname", "preferred_username", "profile", "email", "email_verified",
]  # fmt: skip


def person_claims(person: User, scopes: list[str]) -> dict[str, Any]:
    claims: dict[str, Any] = {"sub": str(person.pk)}
    if OAuthScope.PROFILE in scopes:
        claims |= {
            "name": person.get_full_name(),
            "nickname": person.username,
            "preferred_username": person.username,
            "profile": f"{issuer()}/{person.username}",
        }
    if OAuthScope.EMAIL in scopes and person.email:
        # Nobody proves that an address is theirs here: who links accounts must not go by it.
        claims |= {"email": person.email, "email_verified": False}
    return claims
