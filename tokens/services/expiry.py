"""Mail before a token ends: to its person, or to the maintainers of its project or the owners of its group."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.urls import reverse

from identity.models import PersonalToken, User, today
from projects.models import Group, Project
from projects.models.effective_role import EFFECTIVE_ROLES
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import Role

log = logging.getLogger(__name__)

THRESHOLDS = (30, 7, 1)  # days before the last one
MAX_TOKENS = 500  # in one pass


def warn_of_expiry(day: date) -> int:
    """Once per token and threshold; how many tokens were warned of. Nothing without a mail server; where that one
    fails, the rest waits for the next pass."""
    if not settings.MAIL_ENABLED:
        return 0
    warned = 0
    for token in list(_due(day)[:MAX_TOKENS]):
        assert token.expires_at is not None
        reached = min(days for days in THRESHOLDS if (token.expires_at - day).days <= days)
        if not _claim(token, reached) or (token.expires_at - token.created_at.date()).days <= reached:
            continue  # it never had that long to live, and needs no word of it
        try:
            _send(token)
        except (OSError, SMTPException):
            log.exception("No mail could be sent")
            PersonalToken.objects.filter(pk=token.pk).update(warned_days=token.warned_days)
            break
        warned += 1
    return warned


def _due(day: date) -> QuerySet[PersonalToken]:
    """Those that have come to a threshold since they were looked at last."""
    unwarned = Q(pk__in=[])
    for days in THRESHOLDS:
        unwarned |= Q(expires_at__lte=day + timedelta(days=days)) & _not_warned(days)
    rows = PersonalToken.objects.active().personal().filter(unwarned, user__is_active=True, expires_at__isnull=False)
    return rows.select_related("user__access_token_bot__project", "user__access_token_bot__group").order_by(
        "expires_at"
    )


def _not_warned(days: int) -> Q:
    return Q(warned_days=None) | Q(warned_days__gt=days)


def _claim(token: PersonalToken, days: int) -> bool:
    """Several processes may come by at once: one of them sends."""
    return bool(PersonalToken.objects.filter(_not_warned(days), pk=token.pk).update(warned_days=days))


def _send(token: PersonalToken) -> None:
    """Each gets a mail of their own: nobody learns the others' addresses."""
    place = token.user.access_token_bot.place if token.user.is_bot else None
    context = {
        "token": token,
        "name": " ".join(token.name.split()),
        "place": place,
        "url": settings.EXTERNAL_URL + _page(place),
    }
    subject = render_to_string("tokens/mail/expiry_subject.txt", context).strip()
    text = render_to_string("tokens/mail/expiry.txt", context)
    connection = get_connection()
    mails = [
        EmailMessage(subject, text, to=[person.email], connection=connection) for person in _recipients(token, place)
    ]
    connection.send_messages(mails)


def _page(place: Project | Group | None) -> str:
    return reverse("account_tokens") if place is None else reverse(f"{place.kind}_tokens", args=[place.full_path])


def _recipients(token: PersonalToken, place: Project | Group | None) -> Iterable[User]:
    if place is None:
        return [token.user] if token.user.email else []
    role = Role.MAINTAINER if isinstance(place, Project) else Role.OWNER
    kind = TargetKind.PROJECT if isinstance(place, Project) else TargetKind.GROUP
    held: Any = EFFECTIVE_ROLES[kind]._default_manager.filter(content_object=place, role__gte=role)
    held = held.filter(Q(until=None) | Q(until__gt=today()))
    people = User.objects.filter(pk__in=held.values("user"), is_active=True, is_bot=False)
    return people.exclude(email="").order_by("pk")
