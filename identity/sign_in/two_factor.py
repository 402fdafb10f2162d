"""Whether somebody signs in with two factors, and taking that away from them."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from identity.models import User

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


@transaction.atomic
def reset_two_factor(user: User, *, by: User | None) -> None:
    """For somebody who lost their devices. Raises ValidationError for one who has none."""
    if not Authenticator.objects.filter(user_id=user.pk).delete()[0]:
        raise ValidationError({"base": ["Two-factor sign-in is not enabled for this user"]})
    audit.record(
        "two_factor_reset", f"Two-factor sign-in of {user.username} was reset", by=by, on=user, path=user.username
    )
