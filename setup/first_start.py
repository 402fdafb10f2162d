"""The first administrator of a new instance, and what the person who starts it is told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import transaction

from identity.models import PersonalToken, User
from identity.secrets import digests
from identity.services import create_token
from projects.services.people import create_person

ADMINISTRATOR = "root"
TOKEN_NAME = "automation"


@dataclass(frozen=True, slots=True)
class Administrator:
    """`password` is the generated one, for the one moment it can be told; "" when it was given or made earlier."""

    user: User
    is_new: bool
    password: str = ""


@transaction.atomic
def ensure_administrator() -> Administrator:
    """There is one afterwards. TOKENACCESS_ADMIN_PASSWORD counts when it is made, and never again.

    Raises ImproperlyConfigured when what was given is no proper password or token.
    """
    known = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    if known is not None:
        found = Administrator(known, is_new=False)
    else:
        generated = "" if settings.ADMIN_PASSWORD else secrets.token_urlsafe(18)
        user = _create_administrator(settings.ADMIN_PASSWORD or generated)
        found = Administrator(user, is_new=True, password=generated)
    if settings.ADMIN_TOKEN:
        _ensure_token(found.user, settings.ADMIN_TOKEN)
    return found


def _create_administrator(password: str) -> User:
    try:
        return create_person(
            username=ADMINISTRATOR, name="Administrator", password=password, by=None, is_superuser=True
        )
    except ValidationError as error:
        raise ImproperlyConfigured(f"TOKENACCESS_ADMIN_PASSWORD: {' '.join(error.messages)}") from error


def _ensure_token(user: User, secret: str) -> None:
    """Known already: nothing happens, also when somebody revoked it meanwhile."""
    if PersonalToken.objects.filter(digest__in=digests(secret)).exists():
        return
    try:
        create_token(user=user, name=TOKEN_NAME, scopes=["api"], by=None, secret=secret)
    except ValidationError as error:
        raise ImproperlyConfigured(f"TOKENACCESS_ADMIN_TOKEN {' '.join(error.messages)}.") from error
