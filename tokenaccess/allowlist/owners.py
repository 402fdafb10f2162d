"""Who answers for an entry, by the username that a request gives."""

from __future__ import annotations

from identity.models import User
from projects.models import Group, Project
from tokenaccess.errors import ErrorCode, TokenAccessError

MAX_NAME = 150
NOT_A_MEMBER = "owner is not a member of the {}"


def find_owner(username: str, holder: Project | Group) -> User | None:
    """None for "". Raises TokenAccessError for nobody, in the words for somebody who is no member of `holder`."""
    name = username.strip().removeprefix("@")
    if not name:
        return None
    is_name = len(name) <= MAX_NAME and name.isprintable()  # or the database may fail at it
    found = User.objects.filter(username__iexact=name).first() if is_name else None
    if found is None:
        raise TokenAccessError(NOT_A_MEMBER.format(holder.kind), ErrorCode.INVALID)
    return found
