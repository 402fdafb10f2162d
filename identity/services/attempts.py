"""Tries to sign in that are forgotten, so that a name that was locked out may try again."""

from __future__ import annotations

from collections.abc import Sequence

from axes.models import AccessAttempt
from django.db import transaction

from audit import services as audit
from identity.models import User


@transaction.atomic
def delete_attempts(attempts: Sequence[AccessAttempt], *, by: User) -> int:
    """How many were forgotten: each is a name's, from one address."""
    for attempt in attempts:
        name, address = attempt.username or "", attempt.ip_address
        message = f"{name} may try to sign in from {address} again"
        audit.record("sign_in_unlocked", message, by=by, on=attempt, path=name)
    AccessAttempt.objects.filter(pk__in=[attempt.pk for attempt in attempts]).delete()
    return len(attempts)
