"""Questions asked of applications and of what they were given."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from identity.models import User

if TYPE_CHECKING:
    from oauth.models import AccessToken, Application, RefreshToken
else:
    AccessToken = Application = RefreshToken = Any


class ApplicationQuerySet(QuerySet["Application"]):
    def of_person(self, person: User) -> ApplicationQuerySet:
        return self.filter(user=person)

    def of_instance(self) -> ApplicationQuerySet:
        return self.filter(user=None)

    def authorized_by(self, person: User) -> ApplicationQuerySet:
        """Those that still can act as the person, now or after a refresh."""
        from oauth.models import AccessToken, RefreshToken

        own = {"user": person, "application": OuterRef("pk")}
        access = AccessToken.objects.active().filter(**own)
        return self.filter(Exists(access) | Exists(RefreshToken.objects.filter(revoked=None, **own)))


class AccessTokenQuerySet(QuerySet["AccessToken"]):
    def active(self) -> AccessTokenQuerySet:
        return self.filter(revoked=False, expires__gt=timezone.now())


class RefreshTokenQuerySet(QuerySet["RefreshToken"]):
    def ended(self, before: datetime) -> RefreshTokenQuerySet:
        """Revoked before the moment, or not used since."""
        return self.filter(Q(revoked__lt=before) | Q(revoked=None, created__lt=before))

    def revoke(self) -> None:
        """All of them. One update would wait for a refresh that is under way, and miss the token that it adds."""
        while self.filter(revoked=None).exists():
            self.filter(revoked=None).update(revoked=timezone.now())
