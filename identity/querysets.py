"""Questions asked of personal tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet
from django.utils import timezone

if TYPE_CHECKING:
    from identity.models import PersonalToken, User


def search_people(people: QuerySet[User], text: str) -> QuerySet[User]:
    """By a part of the name or username."""
    return people.filter(Q(name__icontains=text) | Q(username__icontains=text))


class PersonalTokenQuerySet(QuerySet["PersonalToken"]):
    def search(self, text: str) -> PersonalTokenQuerySet:
        return self.filter(name__icontains=text)

    def for_user(self, user: User) -> PersonalTokenQuerySet:
        """Those that the person may know of."""
        return self.personal().filter(user=user)

    def personal(self) -> PersonalTokenQuerySet:
        """Without impersonation tokens."""
        return self.filter(impersonation=False)

    def impersonation(self) -> PersonalTokenQuerySet:
        return self.filter(impersonation=True)

    def active(self) -> PersonalTokenQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gte=timezone.now().date()), revoked=False)

    def inactive(self) -> PersonalTokenQuerySet:
        return self.filter(Q(revoked=True) | Q(expires_at__lt=timezone.now().date()))

    def family_of(self, token: PersonalToken) -> PersonalTokenQuerySet:
        """The token and all that were rotated from the same first one."""
        first = token.family_id or token.pk
        return self.filter(Q(pk=first) | Q(family=first))
