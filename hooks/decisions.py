"""What the policy decided about jobs of other projects, for the webhooks of the projects that were asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from hooks import outbox
from hooks.events import Event
from hooks.models import Hook
from hooks.payloads.token_access import Seen, decisions_payload, visible_sources
from projects.models import Project

# Ids of target and source, and when what was used last.
Use = tuple[tuple[int, int], Mapping[str, datetime]]


def announce_decisions(uses: Collection[Use], refusals: Collection[tuple[Any, Any]]) -> None:
    """`refusals`: key and tally, as the access log has them. Five statements, one for each person who made one of the
    webhooks, and one that stores what is to be sent.

    Whether there are any is asked in any case: a target that is hidden must take the same statements as none.
    """
    if not Hook.objects.alive().exists():
        return
    seen = _by_target(uses, refusals)
    projects = list(Project.objects.alive().select_related("group").filter(pk__in=seen))
    wanted = {pk: outbox.wanting(hooks, Event.TOKEN_ACCESS) for pk, hooks in outbox.hooks_by_project(projects).items()}
    sources = {one.origin_id for found in seen.values() for one in found}
    creators = {hook.creator_id: hook.creator for hooks in wanted.values() for hook in hooks}
    visible = {pk: visible_sources(sources, person) for pk, person in creators.items()}
    messages = [
        (hook, decisions_payload(project, seen[project.pk], visible[hook.creator_id]))
        for project in projects
        for hook in wanted[project.pk]
    ]
    if messages:
        outbox.put_each(Event.TOKEN_ACCESS, messages)


def _by_target(uses: Collection[Use], refusals: Collection[tuple[Any, Any]]) -> dict[int, list[Seen]]:
    seen: defaultdict[int, list[Seen]] = defaultdict(list)
    for (target, origin), used in uses:
        seen[target].extend(Seen("admitted", origin, name, 1, at, at) for name, at in used.items())
    for key, tally in refusals:
        if key.target is not None and key.target != key.origin:
            outcome = "trial" if key.trial else "refused"
            times = (tally.count, tally.first, tally.last)
            seen[key.target].append(Seen(outcome, key.origin, key.action, *times, key.job, key.rule, key.sentence))
    return seen
