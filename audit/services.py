"""The one way to write history: inside the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

from audit.client_address import client_address, sudo_name, token_name
from audit.models import AuditEvent


class Actor(Protocol):
    pk: Any
    username: Any


class Target(Protocol):
    pk: Any


class Change(NamedTuple):
    """`on` is the thing changed, `path` its name as people know it."""

    message: str
    on: Target
    path: str


def record(event: str, message: str, *, by: Actor | None, on: Target, path: str, **details: Any) -> AuditEvent:
    """Adds one event. `on` and `path` as in `Change`; `by` is None for commands."""
    added = _event(event, Change(message, on, path), by, details)
    added.save()
    return added


def record_each(event: str, changes: Iterable[Change], *, by: Actor | None) -> None:
    """The same event of many things, in one statement."""
    AuditEvent.objects.bulk_create(_event(event, change, by, {}) for change in changes)


def _event(event: str, change: Change, by: Actor | None, details: dict[str, Any]) -> AuditEvent:
    return AuditEvent(
        event=event,
        message=change.message,
        actor_id=by.pk if by else None,
        actor_name=by.username if by else token_name() or "system",
        address=client_address(),
        target_type=type(change.on).__name__.lower(),
        target_id=change.on.pk,
        target_path=change.path,
        details={**details, "sudo_by": sudo_name()} if sudo_name() else details,
    )
