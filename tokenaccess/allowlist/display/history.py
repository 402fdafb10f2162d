"""The history of a project as one user may read it: names of hidden targets are redacted, and those of deleted targets
too."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from audit.models import AuditEvent, AuditEventQuerySet
from identity.models import User
from projects.models import Group, Project
from projects.querysets import filter_only_visible
from text.hidden_characters import reveal
from tokenaccess.allowlist.display.conditions import condition_lines
from tokenaccess.allowlist.targets import TargetKey, visible_targets
from tokenaccess.policy.actions import TargetKind

TOKEN_ACCESS_PREFIXES = (
    "secure_ci_job_token_",
    "ci_push_repository_for_job_token_",
    "ci_cross_project_push_for_job_token_",
    "ci_pipelines_for_job_token_push_",
    "job_token_",
)
ADDED_SUFFIX = "_added"
PERMISSIONS_CHANGED = "secure_ci_job_token_policies_updated"  # GitLab's sentence about it does not say of what

KINDS = (TargetKind.PROJECT, TargetKind.GROUP)


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change. `address` is the client's address, None for a command. `entry`: the path of an entry's target that
    the message does not name, "" where it does or the reader may not know it."""

    message: str
    actor_name: str
    at: datetime
    address: str | None
    entry: str = ""


def project_events(project: Project) -> AuditEventQuerySet:
    """All changes of the project, latest first."""
    return AuditEvent.objects.of_project(project.pk).order_by("-id")


def token_access_events(holder: Project | Group) -> AuditEventQuerySet:
    """The changes of its Token Access, latest first."""
    of_settings = reduce(or_, (Q(event__startswith=prefix) for prefix in TOKEN_ACCESS_PREFIXES))
    if isinstance(holder, Group):
        return AuditEvent.objects.of_group(holder.pk).order_by("-id").filter(of_settings)
    return project_events(holder).filter(of_settings)


def search(events: AuditEventQuerySet, q: str, user: User) -> AuditEventQuerySet:
    """Events whose message or actor contains `q`. Redacted names cannot be found by guessing, and every guess takes the
    same time."""
    of_targets = events.filter(details__target_id__isnull=False).order_by()
    seen = visible_targets(of_targets.values_list("details__kind", "details__target_id").distinct(), user)
    named = Q(details__target_id__isnull=True) | Q(actor=user.pk, event__endswith=ADDED_SUFFIX)
    for kind in KINDS:
        named |= Q(details__kind=kind, details__target_id__in=[pk for of_kind, pk in seen if of_kind == kind])
    holds = Q(message__icontains=q)
    found = holds if user.is_superuser else Q(filter_only_visible(named, holds))
    return events.filter(found | Q(actor_name__icontains=q))


def redact_for(events: Sequence[AuditEvent], user: User) -> list[HistoryLine]:
    """Redact the names of targets that `user` may not see, and of deleted ones, whose visibility is no longer known.
    Users see the names that they added themselves, administrators all. At most two statements."""
    seen = visible_targets(map(_target, events), user)
    return [_line(event, may_name=_may_name(event, seen, user)) for event in events]


def _line(event: AuditEvent, *, may_name: bool) -> HistoryLine:
    entry = event.details.get("target", "") if may_name and event.event == PERMISSIONS_CHANGED else ""
    message = event.message if may_name else _redact(event)
    return HistoryLine(
        _spell_conditions(message, event.details), event.actor_name, event.at, event.address, reveal(entry)
    )


def _spell_conditions(message: str, details: Mapping[str, Any]) -> str:
    """Those that an entry got are stored as JSON, in the message too."""
    conditions = details.get("conditions")
    if not isinstance(conditions, dict):
        return message
    words = "; ".join(condition_lines(conditions)) or _("None")
    return message.replace(f"conditions: {json.dumps(conditions)}", f"conditions: {words}", 1)


def _target(event: AuditEvent) -> TargetKey:
    return event.details.get("kind", ""), event.details.get("target_id", 0)


def _may_name(event: AuditEvent, seen: Collection[TargetKey], user: User) -> bool:
    kind, pk = _target(event)
    return not pk or user.is_superuser or _is_adder(event, user) or kind not in KINDS or (kind, pk) in seen


def _is_adder(event: AuditEvent, user: User) -> bool:
    """Only adding an entry requires to see its target; removing or changing it does not."""
    return event.actor_id == user.pk and event.event.endswith(ADDED_SUFFIX)


def _redact(event: AuditEvent) -> str:
    kind, path = event.details["kind"], event.details["target"]
    return event.message.replace(f"{kind.capitalize()} {path} ", f"A {kind} that is gone or that you may not see ", 1)
