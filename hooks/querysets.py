"""Questions asked of webhooks and of what was sent to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q, QuerySet

from projects.models import Group, GroupAncestor, Project

if TYPE_CHECKING:
    from hooks.models import Delivery, Hook  # noqa: F401

KEPT_FOR = timedelta(days=7)
MAX_FAILURES = 40  # in a row, after which a hook is off until somebody tests it with success
# Of one webhook: events that wait to be sent, and those that are kept to be looked at.
MAX_WAITING = 5000
MAX_KEPT = 5000
OF_INSTANCE = Q(project=None, group=None)


class HookQuerySet(QuerySet["Hook"]):
    def of_place(self, place: Project | Group | None) -> HookQuerySet:
        if place is None:
            return self.filter(OF_INSTANCE)
        return self.filter(**{str(place.kind): place})

    def for_project(self, project_id: int) -> HookQuerySet:
        """Those of the project, of the groups above it and of the instance that are not off."""
        above = GroupAncestor.objects.filter(group__projects=project_id).values("ancestor")
        return self.alive().filter(Q(project=project_id) | Q(group__in=above) | OF_INSTANCE)

    def for_group(self, group_id: int) -> HookQuerySet:
        above = GroupAncestor.objects.filter(group=group_id).values("ancestor")
        return self.alive().filter(Q(group__in=above) | OF_INSTANCE)

    def for_instance(self) -> HookQuerySet:
        return self.alive().filter(OF_INSTANCE)

    def alive(self) -> HookQuerySet:
        return self.filter(failures__lt=MAX_FAILURES)


class DeliveryQuerySet(QuerySet["Delivery"]):
    def due(self, now: datetime) -> DeliveryQuerySet:
        """To be sent, oldest first; those of hooks that rest wait."""
        resting = Q(hook__disabled_until__gt=now) | Q(hook__failures__gte=MAX_FAILURES)
        return self.filter(next_attempt_at__lte=now).exclude(resting).order_by("next_attempt_at", "id")

    def full_hooks(self, hooks: Iterable[int]) -> set[int]:
        """Those for which MAX_WAITING wait. One statement."""
        waiting = self.filter(hook__in=set(hooks), next_attempt_at__isnull=False).order_by()
        counts = waiting.values("hook").annotate(count=Count("pk")).filter(count__gte=MAX_WAITING)
        return set(counts.values_list("hook", flat=True))

    def beyond_kept(self, hook_id: int) -> DeliveryQuerySet:
        """What has been sent, or given up, before the newest MAX_KEPT of a webhook."""
        newest = self.filter(hook=hook_id).order_by("-id").values_list("pk", flat=True)
        floor = newest[MAX_KEPT : MAX_KEPT + 1].first()
        return self.filter(hook=hook_id, pk__lte=floor or 0, next_attempt_at=None)

    def recent(self, now: datetime) -> DeliveryQuerySet:
        """Of the last seven days, as far back as they are kept."""
        return self.filter(created_at__gte=now - KEPT_FOR)
