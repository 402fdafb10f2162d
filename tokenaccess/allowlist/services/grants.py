"""What an inbound entry grants: the same for the lists of projects and of groups."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from identity.models import User
from tokenaccess.allowlist.permissions import validate, widens
from tokenaccess.allowlist.services import audit_log
from tokenaccess.allowlist.services.terms import EntryT, lock_entry, require_can_widen, save_changes
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import Direction

NOT_INBOUND = "permissions are for inbound entries"


@transaction.atomic
def set_entry_permissions(
    entry: EntryT, *, default_permissions: bool, permissions: Iterable[str], by: User | None
) -> EntryT:
    """Widening takes the rights of adding the entry, narrowing only Maintainer where the list is. Raises
    TokenAccessError."""
    names = validate(permissions)
    entry = lock_entry(entry, by)
    if entry.direction != Direction.INBOUND:
        raise TokenAccessError(NOT_INBOUND, ErrorCode.INVALID)
    return grant(entry, default_permissions, names, by)


def grant(entry: EntryT, default_permissions: bool, names: list[str], by: User | None) -> EntryT:
    """`entry`: as it is now, its list locked."""
    if widens(entry, default_permissions, names):
        require_can_widen(entry, by)
    granted = [] if default_permissions else names
    if (entry.default_permissions, entry.permissions) != (default_permissions, granted):
        save_changes(entry, {"default_permissions": default_permissions, "permissions": granted})
        audit_log.record_permissions_changed(entry, by)
    return entry
