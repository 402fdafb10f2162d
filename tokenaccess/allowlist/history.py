"""The history of a project as one user may read it: names of hidden targets are redacted, and those of deleted targets
too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q

from audit.models import AuditEvent, AuditEventQuerySet
from identity.models import User
from projects.models import Group, Project
from projects.querysets import filter_only_visible

TOKEN_ACCESS_PREFIXES = (
    "secure_ci_job_token_",
    "ci_push_repository_for_job_token_",
    "ci_cross_project_push_for_job_token_",
    "ci_pipelines_for_job_token_push_",
    "job_token_",
)
ADDED_SUFFIX = "_added"

Target = tuple[str, int]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change. `address` is the client's address, None for a command."""

    message: str
    actor_name: str
    at: datetime
    address: str | None


def project_events(project: Project) -> AuditEventQuerySet:
    """All changes of the project, latest first."""
    return AuditEvent.objects.of_project(project.pk).order_by("-id")


def token_access_events(project: Project) -> AuditEventQuerySet:
    """The changes of its Token Access, latest first."""
    of_settings = reduce(or_, (Q(event__startswith=prefix) for prefix in TOKEN_ACCESS_PREFIXES))
    return project_events(project).filter(of_settings)


def search(events: AuditEventQuerySet, q: str, user: User) -> AuditEventQuerySet:
    """Events whose message or actor contains `q`. Redacted names cannot be found by guessing, and every guess takes the
    same time."""
    of_targets = events.filter(details__target_id__isnull=False).order_by()
    named = Q(details__target_id__isnull=True) | Q(actor=user.pk, event__endswith=ADDED_SUFFIX)
    for kind, ids in _visible_ids(
        of_targets.values_list("details__kind", "details__target_id").distinct(), user
    ).items():
        named |= Q(details__kind=kind, details__target_id__in=ids)
    holds = Q(message__icontains=q)
    found = holds if user.is_superuser else Q(filter_only_visible(named, holds))
    return events.filter(found | Q(actor_name__icontains=q))


def redact_for(events: Sequence[AuditEvent], user: User) -> list[HistoryLine]:
    """Redact the names of targets that `user` may not see, and of deleted ones, whose visibility is no longer known.
    Users see the names that they added themselves, administrators all. At most two statements."""
    seen = _visible_ids(map(_target, events), user)
    return [
        HistoryLine(
            event.message if _may_name(event, seen, user) else _redact(event), event.actor_name, event.at, event.address
        )
        for event in events
    ]


def _target(event: AuditEvent) -> Target:
    return event.details.get("kind", ""), event.details.get("target_id", 0)


def _may_name(event: AuditEvent, seen: Mapping[str, set[int]], user: User) -> bool:
    kind, pk = _target(event)
    return not pk or user.is_superuser or _is_adder(event, user) or pk in seen.get(kind, {pk})


def _is_adder(event: AuditEvent, user: User) -> bool:
    """Only adding an entry requires to see its target; removing or changing it does not."""
    return event.actor_id == user.pk and event.event.endswith(ADDED_SUFFIX)


def _visible_ids(targets: Iterable[Target], user: User) -> dict[str, set[int]]:
    """Kind → ids of the targets that `user` may see today."""
    among = set(targets)
    models: list[tuple[str, type[Project] | type[Group]]] = [("project", Project), ("group", Group)]
    seen = {}
    for kind, model in models:
        ids = {pk for of_kind, pk in among if of_kind == kind}
        seen[kind] = set(model.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))
    return seen


def _redact(event: AuditEvent) -> str:
    kind, path = event.details["kind"], event.details["target"]
    return event.message.replace(f"{kind.capitalize()} {path} ", f"A {kind} that is gone or that you may not see ", 1)
