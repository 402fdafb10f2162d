"""When the person of a session last proved who they are: by signing in, or by their password or second factor since."""

from __future__ import annotations

import time

from django.conf import settings
from django.http import HttpRequest

_PROVEN_AT = "identity_proven_at"


def record_proof(request: HttpRequest) -> None:
    request.session[_PROVEN_AT] = time.time()


def proof_time(request: HttpRequest) -> float:
    """Seconds since 1970; 0 for a session that knows of none."""
    return float(request.session.get(_PROVEN_AT, 0))


def is_recent(request: HttpRequest) -> bool:
    minutes: int = settings.REAUTHENTICATION_MINUTES
    return not minutes or time.time() - proof_time(request) < 60 * minutes
