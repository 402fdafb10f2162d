"""Times as text."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

_MINUTE, _HOUR = 60, 3600
_FIXED = timedelta(days=28)  # from there on a text depends on the lengths of the months


def relative(moment: datetime) -> str:
    """`moment` seen from now: "3 weeks ago". Seconds are not counted, so that a reload reads the same."""
    age = timezone.now() - moment
    if timedelta(0) <= age < timedelta(minutes=1):
        return _("just now")
    if not timedelta(0) < age < _FIXED:
        return _join(str(naturaltime(moment)))
    seconds = int(age.total_seconds())
    return _past(get_language(), seconds - seconds % (_MINUTE if seconds < _HOUR else _HOUR))


@lru_cache(maxsize=4096)
def _past(language: str | None, seconds: int) -> str:
    """So long ago, in the `language` that is active: a page has many, and the text of each depends on nothing else.
    `seconds`: whole minutes or hours of less than _FIXED."""
    return _join(str(naturaltime(datetime.now(UTC) - timedelta(seconds=seconds + 1))))


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
