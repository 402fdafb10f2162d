"""Whether somebody signs in with two factors, and taking that away from them."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from audit import services as audit
from identity.models import User
from identity.sign_in.sessions import end_sessions

_MISSING = "identity_two_factor_missing"
# A recovery code stands in for one of these, and is none by itself.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_passkeys() -> bool:
    """Whether browsers make passkeys for our address: it needs a name, and https outside one's own machine."""
    address = urlsplit(settings.EXTERNAL_URL)
    return address.hostname == "localhost" or (address.scheme == "https" and not _is_ip(address.hostname or ""))


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def has_two_factor(user: User) -> bool:
    return Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists()


def with_two_factor(people: QuerySet[User]) -> QuerySet[User]:
    """The same people, each with `two_factor`."""
    theirs = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    return people.annotate(two_factor=Exists(theirs))


def filter_by_two_factor(people: QuerySet[User], *, enabled: bool) -> QuerySet[User]:
    having = Q(pk__in=Authenticator.objects.filter(type__in=FACTORS).values("user_id"))
    return people.filter(having if enabled else ~having)


def limit_to_setup(request: HttpRequest) -> None:
    """The session opens the pages that set up a factor, until there is one (identity.sign_in.middleware)."""
    request.session[_MISSING] = True


def is_limited_to_setup(request: HttpRequest) -> bool:
    return bool(request.session.get(_MISSING))


def lift_limit(request: HttpRequest) -> None:
    request.session.pop(_MISSING, None)


def end_sessions_without_two_factor() -> None:
    """Whoever is not known to have signed in with a second factor signs in anew."""
    with_factor = Authenticator.objects.filter(type__in=FACTORS).values("user_id")
    kept = UserSession.objects.filter(user_id__in=with_factor)
    Session.objects.exclude(session_key__in=kept.values("session_key")).delete()
    UserSession.objects.exclude(user_id__in=with_factor).delete()


@transaction.atomic
def reset_two_factor(user: User, *, by: User | None) -> None:
    """For somebody who lost their devices, whose sessions end with it. Raises ValidationError for one who has none."""
    if not Authenticator.objects.filter(user_id=user.pk).delete()[0]:
        raise ValidationError({"base": ["Two-factor sign-in is not enabled for this user"]})
    end_sessions(user, by=by)
    audit.record(
        "two_factor_reset", f"Two-factor sign-in of {user.username} was reset", by=by, on=user, path=user.username
    )
