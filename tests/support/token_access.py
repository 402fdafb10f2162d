"""Writes records into the access log, and reads pages as text."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from django.utils import timezone

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist import services
from tokenaccess.models import AuthorizationRecord, DailyCount, RefusalRecord
from tokenaccess.policy import Action
from tokenaccess.policy.levels import AddressMode
from tokenaccess.policy.reasons import NOT_LISTED_INBOUND

SETTINGS = "/acme/library/-/settings/ci_cd"
RULES = f"{SETTINGS}/token_access"
RULES_FILE = """\
version: 1
project: acme/library
mode: enforced
inbound:
  - project: acme/app
    permissions: [read_packages]
"""


def text(answer: Any) -> str:
    """A page without line breaks and places where one may be."""
    return " ".join(answer.content.decode().replace("<wbr>", "").split())


def refuse_elsewhere(project: Project, by: User) -> None:
    """Of tokens used from elsewhere, which takes a trial before it."""
    for mode in (AddressMode.TRIAL, AddressMode.REFUSE):
        services.set_address_mode(project, mode, by=by)


def record_authorization(target: Project, origin: Project, days: int = 1, **used: str) -> None:
    """A job of `origin` was let in to `target` so many days ago."""
    at = timezone.now() - timedelta(days=days)
    pair = {"accessed_project": target, "origin_project": origin}
    AuthorizationRecord.objects.create(**pair, last_authorized_at=at, used=used or {"read_packages": at.isoformat()})


def count(target: Project, origin: Project, *, uses: int = 0, refusals: int = 0, days: int = 0) -> None:
    """So many requests of jobs of `origin`, so many days ago."""
    day = timezone.now().astimezone(UTC).date() - timedelta(days=days)
    pair = {"accessed_project": target, "origin_project": origin}
    DailyCount.objects.create(**pair, day=day, uses=uses, refusals=refusals)


def record_refusal(
    target: Project | None, origin: Project, count: int = 1, sentence: str = NOT_LISTED_INBOUND, job_id: int = 7
) -> RefusalRecord:
    """Jobs of `origin` were turned away just now."""
    now = timezone.now()
    return RefusalRecord.objects.create(
        origin_project=origin,
        project=target,
        job_id=job_id,
        action=str(Action.READ_PACKAGES),
        rule="admitted",
        sentence=sentence,
        count=count,
        first_at=now,
        last_at=now,
    )
