"""Verifies an ID token of ours that comes back."""

from __future__ import annotations

from typing import Any

import jwt
from django.utils import timezone

from signing.discovery import issuer
from signing.models import Purpose, SigningKey

MAX_LENGTH = 16_384
_LEEWAY = 30  # seconds that clocks may differ
_REQUIRED = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "job_id", "project_id"]


class InvalidIdToken(Exception):
    """The text says why; it tells nothing that is not in the token."""


def verify_id_token(token: str, audience: str) -> dict[str, Any]:
    """The claims of a token that this server signed for `audience` alone, and that has not expired. Raises
    InvalidIdToken."""
    try:
        return jwt.decode(
            token,
            _key_of(token),
            algorithms=["RS256"],
            audience=audience,
            issuer=issuer(),
            leeway=_LEEWAY,
            options={"require": _REQUIRED, "strict_aud": True},
        )
    except jwt.ExpiredSignatureError:
        raise InvalidIdToken("the token has expired") from None
    except jwt.InvalidAudienceError:
        raise InvalidIdToken(f"the token's audience is not “{audience}” alone") from None
    except jwt.PyJWTError:
        raise InvalidIdToken("malformed or invalid token") from None


def _key_of(token: str) -> jwt.PyJWK:
    if len(token) > MAX_LENGTH:
        raise InvalidIdToken("malformed or invalid token")
    kid = jwt.get_unverified_header(token).get("kid")
    # Compared here: databases raise errors of their own at NUL and lone surrogates, which JSON may hold.
    published = SigningKey.objects.filter(purpose=Purpose.ID_TOKENS).published(timezone.now()).defer("private")
    row = next((row for row in published if row.kid == kid), None)
    if row is None:
        raise InvalidIdToken("the token is not signed with a key of this server")
    return jwt.PyJWK(row.jwk)
