"""What happened, put down for each webhook that wants to know of it; hooks.delivery sends it later.

Called after a commit: what fails here is logged and undoes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import re2
from django.utils import timezone

from hooks.events import Event
from hooks.models import Delivery, FilterStrategy, Hook
from projects.models import Project
from tokenaccess.policy.protected_refs import matches

MakePayload = Callable[[], dict[str, Any]]


def subscribers(project: Project, event: Event) -> list[Hook]:
    """One statement."""
    return wanting(hooks_of(project), event)


def hooks_of(project: Project) -> list[Hook]:
    return list(Hook.objects.told_of_project(project.pk, project.group_id))


def wanting(hooks: Iterable[Hook], event: Event) -> list[Hook]:
    return [hook for hook in hooks if hook.wants(event)]


def put(hooks: Iterable[Hook], event: Event, payload: dict[str, Any]) -> None:
    """The same for all of them."""
    put_each(event, [(hook, payload) for hook in hooks])


def put_each(event: Event, messages: Iterable[tuple[Hook, dict[str, Any]]]) -> None:
    now = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(hook=hook, event=event, payload=payload, created_at=now, next_attempt_at=now)
        for hook, payload in messages
    )


def announce(hooks: Iterable[Hook], event: Event, payload: MakePayload) -> None:
    """The payload is only made if somebody wants it."""
    wanted = wanting(hooks, event)
    if wanted:
        put(wanted, event, payload())


def takes_branch(hook: Hook, name: str) -> bool:
    """Whether its `push_events` are about this branch."""
    if not hook.branch_filter or hook.filter_strategy == FilterStrategy.ALL:
        return True
    if hook.filter_strategy == FilterStrategy.REGEX:
        try:
            return re2.search(hook.branch_filter, name) is not None
        except re2.error:
            return False
    return matches(hook.branch_filter, name)
