"""Times and durations as people read them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from identity.models import today
from portal import times
from text.durations import duration_text

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=50), "just now"),
        (timedelta(minutes=1, seconds=5), "a minute ago"),
        (timedelta(minutes=59, seconds=50), "59 minutes ago"),
        (timedelta(hours=2, minutes=1), "2 hours ago"),
        (timedelta(days=1, minutes=1), "1 day ago"),
        (timedelta(days=21, minutes=1), "3 weeks ago"),
        (timedelta(minutes=-2, seconds=-5), "2 minutes from now"),
        (timedelta(days=-21, minutes=-1), "3 weeks from now"),
    ],
)
def test_a_time_reads_relative_to_now_and_shows_the_exact_time_on_hover(back: timedelta, words: str) -> None:
    moment = timezone.now() - back
    html = Template("{% load portal %}{% when moment %}").render(Context({"moment": moment}))
    assert f">{words}</time>" in html.replace("\xa0", " ")
    assert f'title="{moment:%Y-%m-%d %H:%M} UTC"' in html


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (5, "5 days from now"),
        (14, "2 weeks from now"),
        (-3, "3 days ago"),
    ],
)
def test_a_day_reads_relative_to_today_and_shows_the_date_on_hover(days: int, words: str) -> None:
    last = today() + timedelta(days=days)
    html = Template("{% load portal %}{% day last %}").render(Context({"last": last}))
    assert f">{words}</time>" in html.replace("\xa0", " ")
    assert f'title="{last} UTC"' in html


def test_two_units_are_joined_as_the_language_does() -> None:
    moment = timezone.now() - timedelta(days=10, minutes=1)
    with translation.override("ja"):
        assert times.relative(moment).replace("\xa0", " ") == "1週間と3日前"
    assert times.relative(moment).replace("\xa0", " ") == "1 week, 3 days ago"


def test_a_day_that_never_comes_is_said_in_words() -> None:
    assert Template("{% load portal %}{% day last 'never' %}").render(Context({"last": None})) == "never"


def test_the_exact_time_is_in_utc_whatever_the_zone() -> None:
    tokyo = datetime(2026, 10, 14, 10, 24, tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo"))
    assert times.exact(tokyo) == "2026-10-14 10:24 UTC"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (41.9, "41 s"), (372, "6 min 12 s"), (7500, "2 h 5 min"), (-3, "0 s")]
)
def test_a_duration_shows_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration_text(seconds) == words
