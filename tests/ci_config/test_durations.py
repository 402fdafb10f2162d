"""Spans of time as people write them."""

import pytest

from ci_config.durations import DAY, HOUR, MINUTE, seconds
from tests.support.ci_file import job_of, mistake_in

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("42", 42),
        ("42 seconds", 42),
        ("3 mins 4 sec", 184),
        ("2 hrs 20 min", 2 * HOUR + 20 * MINUTE),
        ("2h20min", 2 * HOUR + 20 * MINUTE),
        ("1h 30m", 90 * MINUTE),
        ("1.5 hours", 90 * MINUTE),
        ("6 mos 1 day", 181 * DAY),
        ("47 yrs 6 mos and 4d", 47 * (365 * DAY + 6 * HOUR) + 184 * DAY),
        ("3 weeks and 2 days", 23 * DAY),
        ("1 week", 7 * DAY),
        ("two weeks", 14 * DAY),
        ("1 day, 2 hours", 26 * HOUR),
        ("1:30:00", 90 * MINUTE),
        ("4:05", 245),
        ("  1 DAY ", DAY),
        ("0", 0),
    ],
)
def test_a_duration_is_read(text: str, length: int):
    assert seconds(text) == length


@pytest.mark.parametrize(
    "text", ["", "soon", "1 fortnight", "h", "1h 30", "1 2", "-1h", "1h!", "and", "9" * 300, "1 day" * 100, "1:2:3:4:5"]
)
def test_text_that_is_no_duration_is_not_guessed_at(text: str):
    assert seconds(text) is None


def test_a_timeout_has_an_upper_limit():
    assert "longer than a month" in mistake_in("job: {script: x, timeout: 2 months}")


def test_artifacts_may_never_expire():
    assert job_of("job: {script: x, artifacts: {paths: [a], expire_in: never}}").artifacts == {
        "paths": ["a"],
        "expire_in": "never",
    }


@pytest.mark.parametrize("keyword", ["timeout: soon", "timeout: 0", "timeout: [1]", "timeout: true", "timeout: ''"])
def test_a_wrong_duration_is_shown_a_right_one(keyword: str):
    assert "such as “1h 30m”" in mistake_in(f"job: {{script: x, {keyword}}}")
