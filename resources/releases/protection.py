"""Releases of protected tags: whoever makes, changes or deletes one needs the right to create the tag."""

from __future__ import annotations

from projects.protection import Protections
from tokenaccess.access.gate import is_allowed_on_ref
from tokenaccess.access.result import Access
from tokenaccess.policy import Action, RefOperation


def may_create_tag(access: Access, tag: str) -> bool:
    """Whether the caller may have a tag of that name made, protected or not."""
    context = Protections(access.project).context(tag, operation=RefOperation.PUSH, tag=True)
    return is_allowed_on_ref(access, Action.MANAGE_RELEASES, context)
