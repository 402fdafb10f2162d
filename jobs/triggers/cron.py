"""When a schedule runs next."""

from __future__ import annotations

from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from jobs.triggers.time_zones import find_zone

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
FIELD_COUNT = 5  # minute, hour, day, month, day of the week


class BadCron(Exception):
    """Not a cron expression, or one that never matches."""


def next_time(cron: str, zone: str, after: datetime) -> datetime:
    """The first matching time after `after`, in UTC. `zone`: a valid time zone (`is_time_zone`). Raises BadCron."""
    text = _NICKNAMES.get(cron.strip(), cron)
    if len(text.split()) != FIELD_COUNT:
        raise BadCron
    try:
        return next(CronSim(text, after.astimezone(find_zone(zone)))).astimezone(UTC)
    except (CronSimError, StopIteration, OverflowError):
        raise BadCron from None
