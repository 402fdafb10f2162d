"""What happened, put down for each webhook that wants to know of it; hooks.delivery sends it later.

Called after a commit: what fails here is logged and undoes nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import Any

import re2
from django.db.models import F, Q
from django.utils import timezone

from hooks.events import Event
from hooks.models import Delivery, FilterStrategy, Hook
from hooks.querysets import MAX_WAITING, OF_INSTANCE
from projects.models import Project
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.policy.protected_refs import matches

log = logging.getLogger(__name__)
MakePayload = Callable[[], dict[str, Any]]


def hooks_of(project_id: int) -> list[Hook]:
    """One statement."""
    return list(Hook.objects.for_project(project_id))


def hooks_by_project(projects: Collection[Project]) -> dict[int, list[Hook]]:
    """As `hooks_of`, of each project, with the `creator` of each. Two statements."""
    above = ancestor_ids(project.group_id for project in projects)
    upper = {group for groups in above.values() for group in groups}
    named = Q(project__in=projects) | Q(group__in=upper) | OF_INSTANCE
    hooks = list(Hook.objects.alive().filter(named).select_related("creator"))

    def is_for(hook: Hook, project: Project) -> bool:
        return hook.kind == "instance" or hook.project_id == project.pk or hook.group_id in above[project.group_id]

    return {project.pk: [hook for hook in hooks if is_for(hook, project)] for project in projects}


def wanting(hooks: Iterable[Hook], event: Event) -> list[Hook]:
    return [hook for hook in hooks if hook.wants(event)]


def put(hooks: Iterable[Hook], event: Event, payload: dict[str, Any]) -> None:
    """The same for all of them."""
    put_each(event, [(hook, payload) for hook in hooks])


def put_each(event: Event, messages: Iterable[tuple[Hook, dict[str, Any]]]) -> None:
    """Not for webhooks that have MAX_WAITING to send already: their receivers are not there, or far too slow."""
    now = timezone.now()
    messages = list(messages)
    full = Delivery.objects.full_hooks(hook.pk for hook, _ in messages)
    if full:
        log.warning("An event was not kept: %s wait for each of the webhooks %s", MAX_WAITING, sorted(full))
        for hook_id, count in Counter(hook.pk for hook, _ in messages if hook.pk in full).items():
            Hook.objects.filter(pk=hook_id).update(dropped=F("dropped") + count, dropped_at=now)
    Delivery.objects.bulk_create(
        Delivery(hook=hook, event=event, payload=payload, created_at=now, next_attempt_at=now)
        for hook, payload in messages
        if hook.pk not in full
    )


def announce(hooks: Iterable[Hook], event: Event, payload: MakePayload) -> None:
    """The payload is only made if somebody wants it."""
    wanted = wanting(hooks, event)
    if wanted:
        put(wanted, event, payload())


def announce_each(hooks: Iterable[Hook], event: Event, payloads: Iterable[dict[str, Any]]) -> None:
    """As `announce`, of many things that happened at once."""
    wanted = wanting(hooks, event)
    if wanted:
        put_each(event, [(hook, payload) for payload in payloads for hook in wanted])


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
