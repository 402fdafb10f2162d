"""Times as text."""

from datetime import UTC, date, datetime, timedelta

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def relative(moment: datetime) -> str:
    """`moment` seen from now: "3 weeks ago". Seconds are not counted, so that a reload reads the same."""
    if timedelta(0) <= timezone.now() - moment < timedelta(minutes=1):
        return _("just now")
    return _join(str(naturaltime(moment)))


def exact(moment: datetime) -> str:
    """`2026-10-14 10:20 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def relative_day(day: date) -> str:
    """A day in UTC seen from today: "today", "tomorrow", "2 weeks from now"."""
    now = timezone.now()
    days = (day - now.astimezone(UTC).date()).days
    match days:
        case 0:
            return _("today")
        case 1:
            return _("tomorrow")
        case -1:
            return _("yesterday")
    return _join(str(naturaltime(now + timedelta(days=days, minutes=1 if days > 0 else -1))))


def _join(text: str) -> str:
    """Two units as the language joins them; Django has a comma in each."""
    return text.replace(", ", pgettext("between two units of time", ", "))
