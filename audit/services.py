"""The one way to write history: inside the transaction of the change it tells of."""

from __future__ import annotations

from typing import Any, Protocol

from audit.client_address import client_address, sudo_name, token_name
from audit.models import AuditEvent


class Actor(Protocol):
    pk: Any
    username: Any


class Target(Protocol):
    pk: Any


def record(event: str, message: str, *, by: Actor | None, on: Target, path: str, **details: Any) -> AuditEvent:
    """Adds one event. `on` is the thing changed, `path` its name as people know it; `by` is None for commands."""
    return AuditEvent.objects.create(
        event=event,
        message=message,
        actor_id=by.pk if by else None,
        actor_name=by.username if by else token_name() or "system",
        address=client_address(),
        target_type=type(on).__name__.lower(),
        target_id=on.pk,
        target_path=path,
        details={**details, "sudo_by": sudo_name()} if sudo_name() else details,
    )
