"""The history of a project's rules as one person may read it: what is hidden from them is not named in it either."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from audit.models import AppendOnly, AuditEvent
from identity.models import User
from projects.models import Group, Project

OURS = ("secure_ci_job_token_", "ci_push_repository_for_job_token_")

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
    """Lines that hold `q`, or whose actor does. A name that `user` may not see cannot be found by guessing it."""
    by_message = events.filter(message__icontains=q, details__target_id__isnull=False)
    pairs = by_message.order_by().values_list("details__kind", "details__target_id").distinct()
    unnamed = Q()
    for kind, pk in _hidden(pairs, user):
        unnamed |= Q(details__kind=kind, details__target_id=pk)
    found = Q(message__icontains=q) & ~unnamed if unnamed else Q(message__icontains=q)
    return events.filter(found | Q(actor_name__icontains=q))


def told(events: Sequence[AuditEvent], user: User) -> list[Change]:
    """The lines, without the names of listed projects and groups that `user` may not see. At most four statements."""
    hidden = _hidden(map(_target, events), user)
    return [
        Change(_masked(event) if _target(event) in hidden else event.message, event.actor_name, event.at, event.address)
        for event in events
    ]


def _target(event: AuditEvent) -> Target:
    return event.details.get("kind", ""), event.details.get("target_id", 0)


def _hidden(targets: Iterable[Target], user: User) -> set[Target]:
    """What exists and is hidden; the name of what is gone hides nothing any more."""
    among = set(targets)
    hidden: set[Target] = set()
    models: list[tuple[str, type[Project] | type[Group]]] = [("project", Project), ("group", Group)]
    for kind, model in models:
        ids = {pk for of_kind, pk in among if of_kind == kind}
        if ids:
            there = set(model.objects.filter(pk__in=ids).values_list("pk", flat=True))
            seen = set(model.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
            hidden |= {(kind, pk) for pk in there - seen}
    return hidden


def _masked(event: AuditEvent) -> str:
    kind, path = event.details["kind"], event.details["target"]
    return event.message.replace(f"{kind.capitalize()} {path} ", f"A {kind} you may not see ", 1)
