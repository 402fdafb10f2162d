"""From an OAuth access token to the user whom its application acts for."""

from __future__ import annotations

from django.http import HttpRequest

from identity.credentials.lookup import find_token
from identity.credentials.request import Credential
from identity.credentials.resolve import EXPIRED, REVOKED, BadCredential, Principal
from identity.credentials.table import Carrier, CredentialKind
from identity.credentials.usage import record_use
from oauth.models import AccessToken

# The user name that goes with a token as a password (tokens.md §4).
LOGIN = "oauth2"


def resolve_access_token(request: HttpRequest, credential: Credential) -> Principal:
    if credential.carrier is Carrier.BASIC and credential.login != LOGIN:
        raise BadCredential
    token: AccessToken | None = find_token(CredentialKind.OAUTH, credential.secret)
    if token is None or token.user is None:  # client credentials act as nobody
        raise BadCredential
    if token.revoked or not token.application.is_usable():
        raise BadCredential("invalid_token", REVOKED)
    if token.expired:
        raise BadCredential("invalid_token", EXPIRED)
    record_use(token, request.META.get("REMOTE_ADDR"))
    return Principal(token.user, token, frozenset(token.scopes))
