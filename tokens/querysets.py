"""Questions asked of deploy tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

from projects.models import Group, Project

if TYPE_CHECKING:
    from tokens.models import DeployToken  # noqa: F401


class DeployTokenQuerySet(QuerySet["DeployToken"]):
    def of_place(self, place: Project | Group) -> DeployTokenQuerySet:
        return self.filter(**{str(place.kind): place})

    def active(self) -> DeployTokenQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked=False)

    def inactive(self) -> DeployTokenQuerySet:
        return self.filter(Q(revoked=True) | Q(expires_at__lte=timezone.now()))
