"""The policy's callers, of what a credential was resolved to."""

from __future__ import annotations

from typing import Any

from identity.credentials.resolve import Principal
from tokenaccess.access.facts import person_of
from tokenaccess.policy import Anonymous, Caller, DeployToken


def caller_of(principal: Principal) -> Caller:
    user, token, scopes, caller = principal
    if caller is not None:
        known: Caller = caller
        return known
    if user is not None:
        return person_of(user, scopes, getattr(token, "granular_scopes", None))
    return Anonymous() if token is None else caller_of_deploy_token(token)


def caller_of_deploy_token(token: Any) -> DeployToken:
    return DeployToken(token.pk, token.username, frozenset(token.scopes), token.project_id, token.group_id)
