"""Questions asked of personal tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

if TYPE_CHECKING:
    from identity.models import PersonalToken  # noqa: F401


class PersonalTokenQuerySet(QuerySet["PersonalToken"]):
    def active(self) -> PersonalTokenQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gte=timezone.now().date()), revoked=False)

    def inactive(self) -> PersonalTokenQuerySet:
        return self.filter(Q(revoked=True) | Q(expires_at__lt=timezone.now().date()))
