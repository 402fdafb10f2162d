"""Sets of permissions as entries hold them."""

from __future__ import annotations

from collections.abc import Iterable

from tokenaccess.errors import Code, TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.permissions import Permission, covers

UNKNOWN = "Job token policies must be a valid json schema"
_NAMES = [str(permission) for permission in Permission]


def checked(permissions: Iterable[str]) -> list[str]:
    """The names once each, in the catalogue's order. Raises TokenAccessError for one that is not in it."""
    wanted = {str(name) for name in permissions}
    if wanted - set(_NAMES):
        raise TokenAccessError(UNKNOWN, Code.INVALID)
    return [name for name in _NAMES if name in wanted]


def widens(entry: AllowlistEntry, default_permissions: bool, permissions: list[str]) -> bool:
    """Whether the change grants anything that the entry does not grant today."""
    if entry.default_permissions:
        return False
    held = frozenset(entry.permissions)
    return default_permissions or not all(covers(held, name) for name in permissions)
