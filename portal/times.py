"""Time as people say it: relative in the text, exact in the title."""

from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE, HOUR, DAY = 60, 3600, 86400


def relative(moment: datetime, now: datetime) -> str:
    """`moment` seen from `now`: "just now", "4 minutes ago", "yesterday", "in 3 weeks". Both aware."""
    seconds = (now - moment).total_seconds()
    return _past(seconds) if seconds >= 0 else _future(-seconds)


def exact(moment: datetime) -> str:
    """`2026-10-14 10:20 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def duration(seconds: float) -> str:
    """How long something took: "41 s", "6 min 12 s", "2 h 5 min". Units are the same in every language we know of."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def _past(seconds: float) -> str:
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        n = int(seconds // MINUTE)
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", n) % {"n": n}
    if seconds < DAY:
        n = int(seconds // HOUR)
        return ngettext("%(n)d hour ago", "%(n)d hours ago", n) % {"n": n}
    days = int(seconds // DAY)
    if days == 1:
        return _("yesterday")
    if days < 14:
        return ngettext("%(n)d day ago", "%(n)d days ago", days) % {"n": days}
    if days < 61:
        n = days // 7
        return ngettext("%(n)d week ago", "%(n)d weeks ago", n) % {"n": n}
    if days < 365:
        n = days // 30
        return ngettext("%(n)d month ago", "%(n)d months ago", n) % {"n": n}
    n = days // 365
    return ngettext("%(n)d year ago", "%(n)d years ago", n) % {"n": n}


def _future(seconds: float) -> str:
    if seconds < MINUTE:
        return _("in a moment")
    if seconds < HOUR:
        n = int(seconds // MINUTE)
        return ngettext("in %(n)d minute", "in %(n)d minutes", n) % {"n": n}
    if seconds < DAY:
        n = int(seconds // HOUR)
        return ngettext("in %(n)d hour", "in %(n)d hours", n) % {"n": n}
    days = int(seconds // DAY)
    if days < 14:
        return ngettext("in %(n)d day", "in %(n)d days", days) % {"n": days}
    if days < 61:
        n = days // 7
        return ngettext("in %(n)d week", "in %(n)d weeks", n) % {"n": n}
    if days < 365:
        n = days // 30
        return ngettext("in %(n)d month", "in %(n)d months", n) % {"n": n}
    n = days // 365
    return ngettext("in %(n)d year", "in %(n)d years", n) % {"n": n}
