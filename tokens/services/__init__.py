"""Changes to tokens of projects and groups: each one transaction, each with its line in the audit."""

from tokens.services.access_tokens import (
    access_tokens,
    create_access_token,
    retire_bots,
    revoke_access_token,
    role_of_bot,
    rotate_access_token,
)
from tokens.services.deploy_tokens import create_deploy_token, revoke_deploy_token, token_for_jobs

__all__ = [
    "access_tokens",
    "create_access_token",
    "create_deploy_token",
    "retire_bots",
    "revoke_access_token",
    "revoke_deploy_token",
    "role_of_bot",
    "rotate_access_token",
    "token_for_jobs",
]
