"""Questions asked of webhooks and of what was sent to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from projects.models import Group, GroupAncestor, Project

if TYPE_CHECKING:
    from hooks.models import Delivery, Hook  # noqa: F401

KEPT_FOR = timedelta(days=7)
MAX_FAILURES = 40


class HookQuerySet(QuerySet["Hook"]):
    def of_place(self, place: Project | Group | None) -> HookQuerySet:
        if place is None:
            return self.filter(project=None, group=None)
        return self.filter(**{str(place.kind): place})

    def told_of_project(self, project_id: int, group_id: int) -> HookQuerySet:
        """Those of the project, of the groups above it and of the instance that are not off."""
        return self.alive().filter(Q(project=project_id) | self._above(group_id))

    def told_of_group(self, group_id: int) -> HookQuerySet:
        return self.alive().filter(self._above(group_id))

    def told_of_instance(self) -> HookQuerySet:
        return self.alive().filter(project=None, group=None)

    def alive(self) -> HookQuerySet:
        return self.filter(failures__lt=MAX_FAILURES)

    def _above(self, group_id: int) -> Q:
        above = GroupAncestor.objects.filter(group=group_id).values("ancestor")
        return Q(group__in=above) | Q(project=None, group=None)


class DeliveryQuerySet(QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        """To be sent, oldest first; those of hooks that rest wait."""
        resting = Q(hook__disabled_until__gt=now) | Q(hook__failures__gte=MAX_FAILURES)
        return self.filter(next_attempt_at__lte=now).exclude(resting).order_by("next_attempt_at", "id")

    def recent(self, now: datetime) -> DeliveryQuerySet:
        """Of the last seven days, as far back as they are kept."""
        return self.filter(created_at__gte=now - KEPT_FOR)
