"""Changes to people and their personal tokens: each one transaction, each with its line in the audit."""

from identity.services.attempts import delete_attempts
from identity.services.people import (
    block_person,
    change_password,
    create_bot,
    create_person,
    delete_person,
    unblock_person,
    update_person,
    was_administrator_lately,
)
from identity.services.tokens import (
    NotActive,
    create_bot_token,
    create_token,
    revoke_family,
    revoke_token,
    rotate_token,
)

__all__ = [
    "NotActive",
    "block_person",
    "change_password",
    "create_bot",
    "create_bot_token",
    "create_person",
    "create_token",
    "delete_attempts",
    "delete_person",
    "revoke_family",
    "revoke_token",
    "rotate_token",
    "unblock_person",
    "update_person",
    "was_administrator_lately",
]
