"""Since when a limit is on trial, read from the history."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from audit.models import AuditEvent
from projects.models import Group, Project
from projects.models.group import GroupAncestor
from tokenaccess.allowlist.services.limits import INBOUND_EVENTS
from tokenaccess.models import InstanceSettings
from tokenaccess.policy.levels import InboundMode

_MODES = {event: mode for mode, (event, _message) in INBOUND_EVENTS.items()}


def trial_began(place: Project | Group | None) -> datetime | None:
    """Since when the strictest of the project's own mode, those of the groups above it and the instance's is a trial;
    None if it is none, or the history does not say. `place`: also a group, without the projects below it, or None for
    the instance alone. One statement."""
    modes, strictest, since = _modes_at_first(place), _strictest(_modes_at_first(place)), None
    for kind, pk, event, word, at in _changes(place):
        modes[kind, pk] = _MODES[event] if event in _MODES else InboundMode[word.upper()]
        if strictest is not (strictest := _strictest(modes)):
            since = at
    return since if strictest is InboundMode.TRIAL else None


def _modes_at_first(place: Project | Group | None) -> dict[tuple[str, int], InboundMode]:
    return {("project", place.pk): InboundMode.ENFORCED} if isinstance(place, Project) else {}


def _strictest(modes: dict[tuple[str, int], InboundMode]) -> InboundMode:
    return max(modes.values(), default=InboundMode.OPEN)


def _changes(place: Project | Group | None) -> list[tuple[str, int, str, str, datetime]]:
    """Of modes, the first one first."""
    about = Q(target_type=InstanceSettings._meta.model_name, target_id=1)
    if place is not None:
        above = GroupAncestor.objects.filter(group=place.nearest_group_id).order_by().values("ancestor")
        about |= Q(target_type="group", target_id__in=above)
    about &= Q(details__inbound_mode__isnull=False)
    if isinstance(place, Project):
        about |= Q(target_type="project", target_id=place.pk, event__in=_MODES)
    events = AuditEvent.objects.filter(about).order_by("id")
    return list(events.values_list("target_type", "target_id", "event", "details__inbound_mode", "at"))
