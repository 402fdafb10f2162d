"""What the discovery document says of signing in with this server (signing.discovery)."""

from __future__ import annotations

from typing import Any

from oauth.protocol.claims import SUPPORTED
from oauth.scopes import OAuthScope
from signing.discovery import issuer

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
AUTHORIZE, TOKEN, DEVICE = "/oauth/authorize", "/oauth/token", "/oauth/authorize_device"
REVOKE, INTROSPECT, USER_INFO = "/oauth/revoke", "/oauth/introspect", "/oauth/userinfo"


def endpoints() -> dict[str, Any]:
    base = issuer()
    methods = ["client_secret_basic", "client_secret_post"]
    return {
        "authorization_endpoint": f"{base}{AUTHORIZE}",
        "token_endpoint": f"{base}{TOKEN}",
        "device_authorization_endpoint": f"{base}{DEVICE}",
        "revocation_endpoint": f"{base}{REVOKE}",
        "introspection_endpoint": f"{base}{INTROSPECT}",
        "userinfo_endpoint": f"{base}{USER_INFO}",
        "scopes_supported": OAuthScope.values,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", DEVICE_GRANT],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*methods, "none"],
        "revocation_endpoint_auth_methods_supported": [*methods, "none"],
        "introspection_endpoint_auth_methods_supported": methods,
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": SUPPORTED,
        "claim_types_supported": ["normal"],
        "prompt_values_supported": ["none", "login", "consent"],
    }
