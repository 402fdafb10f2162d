"""`/.well-known/openid-configuration`: what relying parties of this server need to know (OpenID Connect Discovery 1.0).

Apps add what they answer for (in their AppConfig.ready):

    PARTS.append(lambda: {"claims_supported": [...]})

A list is joined with those of other parts, anything else stands for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings

KEYS_PATH = "/oauth/discovery/keys"
PARTS: list[Callable[[], dict[str, Any]]] = []


def issuer() -> str:
    return str(settings.EXTERNAL_URL)


def document() -> dict[str, Any]:
    whole: dict[str, Any] = {
        "issuer": issuer(),
        "jwks_uri": f"{issuer()}{KEYS_PATH}",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid"],
        "claims_supported": ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"],
    }
    for part in PARTS:
        for name, value in part().items():
            known = whole.get(name)
            whole[name] = list(dict.fromkeys([*known, *value])) if isinstance(known, list) else value
    return whole
