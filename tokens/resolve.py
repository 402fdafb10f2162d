"""From a deploy token that was presented to the caller it stands for (identity.credentials.table)."""

from __future__ import annotations

from django.http import HttpRequest

from audit.client_address import set_token_name
from identity.credentials.lookup import find_token
from identity.credentials.request import Credential
from identity.credentials.resolve import EXPIRED, REVOKED, BadCredential, Principal
from identity.credentials.table import Carrier
from identity.credentials.usage import record_use
from tokens.models import DeployToken


def resolve_deploy_token(request: HttpRequest, credential: Credential) -> Principal:
    """Raises BadCredential. By Basic it counts with its own user name only (tokens.md §4)."""
    token: DeployToken | None = find_token(credential.kind, credential.secret)
    if token is None or (credential.carrier is Carrier.BASIC and credential.login != token.username):
        raise BadCredential
    if token.revoked:
        raise BadCredential("invalid_token", REVOKED)
    if token.expired:
        raise BadCredential("invalid_token", EXPIRED)
    set_token_name(token.username)
    record_use(token, request.META.get("REMOTE_ADDR"))
    return Principal(None, token, frozenset(token.scopes))
