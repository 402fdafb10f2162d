"""When a schedule has its turn next."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
FIELDS = 5  # from minutes to days of the week


class BadCron(Exception):
    """It names no times."""


def next_time(cron: str, zone: str, after: datetime) -> datetime:
    """The first moment after `after`, in UTC. Raises BadCron; `zone` is one that `is_zone` knows."""
    text = _NAMED.get(cron.strip(), cron)
    if len(text.split()) != FIELDS:
        raise BadCron
    try:
        return next(CronSim(text, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)
    except (CronSimError, StopIteration, OverflowError):
        raise BadCron from None


def is_zone(name: str) -> bool:
    """A name of the IANA's list, such as `Europe/Berlin`."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):  # unknown, a path that leads out, or a folder
        return False
    return True
