"""Time as people say it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from portal import times

NOW = datetime(2026, 10, 14, 10, 24, tzinfo=UTC)

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(days=1), "yesterday"),
        (timedelta(days=6), "6 days ago"),
        (timedelta(weeks=3), "3 weeks ago"),
        (timedelta(days=61), "2 months ago"),
        (timedelta(days=364), "12 months ago"),
        (timedelta(days=366), "1 year ago"),
        (timedelta(seconds=-5), "in a moment"),
        (timedelta(days=-1), "in 1 day"),
        (timedelta(weeks=-3), "in 3 weeks"),
    ],
)
def test_it_says_when_relative_to_now(back: timedelta, words: str) -> None:
    assert times.relative(NOW - back, NOW) == words


def test_it_gives_the_exact_time_in_utc_whatever_the_zone() -> None:
    tokyo = NOW.astimezone(ZoneInfo("Asia/Tokyo"))
    assert times.exact(tokyo) == "2026-10-14 10:24 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (41.9, "41 s"), (372, "6 min 12 s"), (7500, "2 h 5 min"), (-3, "0 s")]
)
def test_it_says_how_long_something_took(seconds: float, words: str) -> None:
    assert times.duration(seconds) == words
