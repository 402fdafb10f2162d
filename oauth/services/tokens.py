"""Ending what applications were given."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from identity.models import User
from oauth.models import AccessToken, Application, DeviceGrant, Grant, RefreshToken

# So long a refusal still says that a token was revoked or has expired, and a reuse is noticed.
_KEPT = timedelta(days=30)
_REFRESH_KEPT = timedelta(days=180)


@transaction.atomic
def revoke_authorization(application: Application, person: User, *, by: User) -> None:
    """The application can no longer act as the person, until they let it again."""
    Grant.objects.filter(application=application, user=person).delete()
    DeviceGrant.objects.filter(application=application, user=person).delete()
    RefreshToken.objects.filter(application=application, user=person).revoke()
    AccessToken.objects.filter(application=application, user=person, revoked=False).update(revoked=True)
    message = f"{person.username} no longer lets '{application.name}' act for them"
    audit.record("oauth_authorization_revoked", message, by=by, on=person, path=person.username)


@transaction.atomic
def revoke_token(token: AccessToken, *, by: User) -> None:
    """And the refresh token that came with it, or the application would get the next one."""
    RefreshToken.revoke_family(token.family)
    token.revoke()
    application, person = token.application, token.user
    whose = "of its own" if person is None else f"for {person.username}"
    message = f"A token {whose} of '{application.name}' was revoked"
    audit.record("oauth_token_revoked", message, by=by, on=application, path=application.name, token_id=token.pk)


def delete_ended(now: datetime) -> int:
    """What can no longer be used, and need not be told apart from what never was."""
    in_use = Q(refresh_token__isnull=False, refresh_token__revoked=None)
    gone = [
        Grant.objects.filter(expires__lt=now - timedelta(days=1)),
        DeviceGrant.objects.filter(expires__lt=now),
        RefreshToken.objects.ended(now - _REFRESH_KEPT),
        AccessToken.objects.filter(expires__lt=now - _KEPT).exclude(in_use),
    ]
    return sum(rows.delete()[0] for rows in gone)
