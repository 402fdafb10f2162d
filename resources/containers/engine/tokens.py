"""Tokens for the registry: JWTs that say what their holder may do there (resources.md §3.3)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from signing import rotation
from signing.keys import LoadedKey
from signing.models import Purpose

SERVICE = "container_registry"
ISSUER = "token-access"
LIFETIME = 300  # seconds
_CLOCK_SKEW = 5
# The actor of what this server does itself.
PORTAL = "portal"


@dataclass(frozen=True, slots=True)
class Grant:
    """`actions`: pull, push, delete, or `*` for all of them."""

    kind: str
    name: str
    actions: tuple[str, ...]

    def as_claim(self) -> dict[str, Any]:
        return {"type": self.kind, "name": self.name, "actions": list(self.actions)}


def sign(grants: Iterable[Grant], subject: str, *, now: int | None = None, key: LoadedKey | None = None) -> str:
    """`subject` comes back as the actor of the registry's events. `now`: seconds since 1970. `key`: another than the
    current one."""
    now = int(time.time()) if now is None else now
    claims = {
        "iss": ISSUER,
        "aud": SERVICE,  # a text: of a list version 2.8 accepts nothing
        "sub": subject,
        "iat": now,
        "nbf": now - _CLOCK_SKEW,
        "exp": now + LIFETIME,
        "jti": uuid.uuid4().hex,
        "access": [grant.as_claim() for grant in grants],
    }
    return rotation.sign(Purpose.REGISTRY, claims, key=key)
