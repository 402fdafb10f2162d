"""The sessions in which somebody is signed in: where and when they were seen last, and their end."""

from __future__ import annotations

import logging
import time

from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import OperationalError, transaction
from django.http import HttpRequest
from django.utils import timezone

from audit import services as audit
from identity.models import User

log = logging.getLogger(__name__)

_SEEN_AT = "identity_seen_at"
# A session's use is noted at most this often, so that reading does not mean writing.
SEEN_INTERVAL = 600  # seconds


def note_seen(request: HttpRequest) -> None:
    request.session[_SEEN_AT] = int(time.time())


def record_session_use(request: HttpRequest) -> None:
    """A read goes on when nothing can be written."""
    session = request.session
    if SESSION_KEY not in session or time.time() - session.get(_SEEN_AT, 0) < SEEN_INTERVAL:
        return
    if not request.user.is_authenticated:
        return
    try:
        UserSession.objects.create_from_request(request)
        note_seen(request)
    except OperationalError:
        log.exception("It could not be stored that a session was used")


def list_sessions(user: User) -> list[UserSession]:
    """Those that still go on, the one seen last first; the others' rows are dropped."""
    rows = list(UserSession.objects.filter(user_id=user.pk).order_by("-last_seen_at"))
    keys = [row.session_key for row in rows]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list(
            "session_key", flat=True
        )
    )
    UserSession.objects.filter(session_key__in=set(keys) - alive).delete()
    return [row for row in rows if row.session_key in alive]


@transaction.atomic
def end_sessions(user: User, *, by: User | None, only: int | None = None, keep: str = "") -> int:
    """How many ended: all of the person's, `only` the one of this id, or all but the one with the key `keep`."""
    rows = UserSession.objects.filter(user_id=user.pk).exclude(session_key=keep)
    if only is not None:
        rows = rows.filter(pk=only)
    keys = list(rows.values_list("session_key", flat=True))
    delete_sessions(keys)
    if keys:
        count = len(keys)
        message = f"{count} sessions of {user.username} were ended"
        if count == 1:
            message = f"1 session of {user.username} was ended"
        audit.record("sessions_ended", message, by=by, on=user, path=user.username, sessions=len(keys))
    return len(keys)


def delete_sessions(keys: list[str]) -> None:
    Session.objects.filter(session_key__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
