"""Kinds of runners, and the connection status of a runner or runner manager (runner.md §3.3)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ONLINE_FOR = timedelta(hours=2)
STALE_AFTER = timedelta(days=7)


class RunnerType(models.TextChoices):
    INSTANCE = "instance_type", _("Instance")
    GROUP = "group_type", _("Group")
    PROJECT = "project_type", _("Project")


def connection_status(contacted_at: datetime | None) -> str:
    """`online`, `offline`, `stale` or `never_contacted`, from the time of the last contact."""
    if contacted_at is None:
        return "never_contacted"
    silent_for = timezone.now() - contacted_at
    if silent_for < ONLINE_FOR:
        return "online"
    return "offline" if silent_for < STALE_AFTER else "stale"
