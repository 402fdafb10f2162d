"""Times and durations as text."""

from datetime import UTC, datetime, timedelta

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.translation import gettext as _

MINUTE, HOUR = 60, 3600


def relative(moment: datetime) -> str:
    """`moment` seen from now: "3 weeks ago". Seconds are not counted, so that a reload reads the same."""
    if timedelta(0) <= timezone.now() - moment < timedelta(minutes=1):
        return _("just now")
    return str(naturaltime(moment))


def exact(moment: datetime) -> str:
    """`2026-10-14 10:20 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def duration_text(seconds: float) -> str:
    """How long something took: "41 s", "6 min 12 s", "2 h 5 min". Units are the same in every language we know of."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
