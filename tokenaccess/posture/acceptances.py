"""Accept a finding for a time, with a reason; or no longer."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext

from audit import services as audit
from identity.models import User, today
from identity.names import require_visible
from projects.roles.group_lock import keep_groups_once
from tokenaccess.allowlist.services.locking import lock_holder
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AcceptedFinding, InstanceSettings
from tokenaccess.models.posture import MAX_REASON_LENGTH
from tokenaccess.posture.check import Check
from tokenaccess.posture.scope import Scope

MAX_DAYS = 366
NO_FINDING = "It is no finding any more: somebody has changed it"
NOT_ALLOWED = "It takes the right to change what the finding is about"


@transaction.atomic
def accept(check: Check[Any], row: Any, *, reason: str, until: date, by: User) -> AcceptedFinding:
    """Until the end of that day, in UTC; instead of what was accepted before. Raises TokenAccessError, and
    ValidationError by field."""
    _require(check, row, by)
    day, reason = today(), reason.strip()
    if not reason or len(reason) > MAX_REASON_LENGTH:
        raise ValidationError(
            {"reason": [gettext("say why, in %(most)d characters at most") % {"most": MAX_REASON_LENGTH}]}
        )
    require_visible(reason=reason, lines=True)
    if not day <= until <= day + timedelta(days=MAX_DAYS):
        raise ValidationError(
            {"until": [gettext("is a day from today on, and within %(days)d days") % {"days": MAX_DAYS}]}
        )
    accepted, _ = AcceptedFinding.objects.update_or_create(
        check_name=check.name,
        subject_id=row.pk,
        defaults={
            "project": check.project_of(row),
            "group": check.group_of(row),
            "reason": reason,
            "until": until,
            "accepted_by": by,
        },
    )
    _record("accepted", f"accepted until {until}: {reason}", check, row, by, reason=reason, until=str(until))
    return accepted


@transaction.atomic
def withdraw(check: Check[Any], row: Any, *, by: User) -> bool:
    """Whether it was accepted until now. Raises TokenAccessError."""
    _require(check, row, by)
    deleted, _ = AcceptedFinding.objects.filter(check_name=check.name, subject_id=row.pk).delete()
    if deleted:
        _record("withdrawn", "no longer accepted", check, row, by)
    return bool(deleted)


@transaction.atomic
@keep_groups_once()
def mend(check: Check[Any], row: Any, *, by: User, scope: Scope) -> None:
    """Do what its button says, about what is found in `scope` once nobody else changes it. Raises TokenAccessError,
    ValidationError; nothing is changed then."""
    _require(check, row, by)
    if not check.fix_label:
        raise TokenAccessError("No single change mends it", ErrorCode.INVALID)
    holder = check.project_of(row) or check.group_of(row)
    if holder is not None:
        lock_holder(holder)
    now = check.lock(row.pk)
    if now is None or not check.rows(scope).filter(pk=row.pk).exists():
        raise TokenAccessError(NO_FINDING, ErrorCode.STALE)
    check.fix(now, by)


def _require(check: Check[Any], row: Any, by: User) -> None:
    if not check.may_change(row, by):
        raise TokenAccessError(NOT_ALLOWED, ErrorCode.FORBIDDEN)


def _record(word: str, what: str, check: Check[Any], row: Any, by: User, **details: str) -> None:
    """In the history of its project or group; of the instance in that of its settings. The label names only what its
    reader may see, whoever reads the history."""
    on = check.project_of(row) or check.group_of(row)
    message = f"Finding {check.name} #{row.pk} is {what}"
    path = "" if on is None else on.full_path
    about = {"check": check.name, "subject_id": row.pk, **details}
    audit.record(f"job_token_finding_{word}", message, by=by, on=on or InstanceSettings(pk=1), path=path, **about)
