"""Since when a project's limit is on trial, read from the history."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from audit.models import AuditEvent
from projects.models import Project
from projects.models.group import GroupAncestor
from tokenaccess.allowlist.services.limits import INBOUND_EVENTS
from tokenaccess.models import InstanceSettings
from tokenaccess.policy.levels import InboundMode

_MODES = {event: mode for mode, (event, _message) in INBOUND_EVENTS.items()}


def trial_began(project: Project) -> datetime | None:
    """Since when the strictest of the project's own mode, those of the groups above it and the instance's is a trial;
    None if it is none, or the history does not say. One statement."""
    modes, strictest, since = {("project", project.pk): InboundMode.ENFORCED}, InboundMode.ENFORCED, None
    for kind, pk, event, word, at in _changes(project):
        modes[kind, pk] = _MODES[event] if event in _MODES else InboundMode[word.upper()]
        if strictest is not (strictest := max(modes.values())):
            since = at
    return since if strictest is InboundMode.TRIAL else None


def _changes(project: Project) -> list[tuple[str, int, str, str, datetime]]:
    """Of modes, the first one first."""
    above = GroupAncestor.objects.filter(group=project.group_id).order_by().values("ancestor")
    own = Q(target_type="project", target_id=project.pk, event__in=_MODES)
    of_groups = Q(target_type="group", target_id__in=above)
    of_instance = Q(target_type=InstanceSettings._meta.model_name, target_id=1)
    stated = Q(details__inbound_mode__isnull=False)
    events = AuditEvent.objects.filter(own | (of_groups | of_instance) & stated).order_by("id")
    return list(events.values_list("target_type", "target_id", "event", "details__inbound_mode", "at"))
