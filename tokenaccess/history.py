"""The history of a project's rules as one person may read it: what is hidden from them is not named in it either, and
what is gone no sooner than what is hidden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from audit.models import AppendOnly, AuditEvent
from identity.models import User
from projects.models import Group, Project
from projects.querysets import only_where

OURS = ("secure_ci_job_token_", "ci_push_repository_for_job_token_")
LISTED = "_added"

Target = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Change:
    """One line. `address` is where it came from, None for a command."""

    message: str
    actor_name: str
    at: datetime
    address: str | None


def of(project: Project) -> AppendOnly:
    """Everything that was changed about the project, the latest first."""
    return AuditEvent.objects.of_project(project.pk).order_by("-id")


def of_rules(project: Project) -> AppendOnly:
    """What was changed about its Token Access, the latest first."""
    events = of(project)
    return events.filter(event__startswith=OURS[0]) | events.filter(event__startswith=OURS[1])


def search(events: AppendOnly, q: str, user: User) -> AppendOnly:
    """Lines that hold `q`, or whose actor does. A name that is kept from `user` cannot be found by guessing it, and no
    guess takes more work than another."""
    of_targets = events.filter(details__target_id__isnull=False).order_by()
    named = Q(details__target_id__isnull=True) | Q(actor=user.pk, event__endswith=LISTED)
    for kind, ids in _seen(of_targets.values_list("details__kind", "details__target_id").distinct(), user).items():
        named |= Q(details__kind=kind, details__target_id__in=ids)
    holds = Q(message__icontains=q)
    found = holds if user.is_superuser else Q(only_where(named, holds))
    return events.filter(found | Q(actor_name__icontains=q))


def told(events: Sequence[AuditEvent], user: User) -> list[Change]:
    """The lines, without the names of listed projects and groups that `user` may not see or that are gone: who may see
    what is gone, nobody knows any more. What they listed themselves, and to administrators everything, is told in full.
    At most two statements."""
    seen = _seen(map(_target, events), user)
    return [
        Change(
            event.message if _is_named(event, seen, user) else _masked(event), event.actor_name, event.at, event.address
        )
        for event in events
    ]


def _target(event: AuditEvent) -> Target:
    return event.details.get("kind", ""), event.details.get("target_id", 0)


def _is_named(event: AuditEvent, seen: Mapping[str, set[int]], user: User) -> bool:
    kind, pk = _target(event)
    return not pk or user.is_superuser or _listed_it(event, user) or pk in seen.get(kind, {pk})


def _listed_it(event: AuditEvent, user: User) -> bool:
    """Who adds an entry sees its target; who removes or changes one need not."""
    return event.actor_id == user.pk and event.event.endswith(LISTED)


def _seen(targets: Iterable[Target], user: User) -> dict[str, set[int]]:
    """Kind → ids of those targets that `user` may see today."""
    among = set(targets)
    models: list[tuple[str, type[Project] | type[Group]]] = [("project", Project), ("group", Group)]
    seen = {}
    for kind, model in models:
        ids = {pk for of_kind, pk in among if of_kind == kind}
        seen[kind] = set(model.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return seen


def _masked(event: AuditEvent) -> str:
    kind, path = event.details["kind"], event.details["target"]
    return event.message.replace(f"{kind.capitalize()} {path} ", f"A {kind} that is gone or that you may not see ", 1)
