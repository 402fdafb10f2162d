"""Pages of schedules."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from jobs.models import Pipeline, Schedule
from jobs.triggers.schedules import create_schedule, update_schedule
from tests.factories import runners
from tests.factories.cast import Cast

AT = "/acme/app/-/pipeline_schedules"
FORM = {"description": "Nightly", "cron": "0 3 * * *", "cron_timezone": "UTC", "ref": "main", "active": "on"}


@pytest.fixture
def schedule(cast: Cast) -> Schedule:
    runners.push_file(cast.app, runners.SIMPLE)
    return create_schedule(project=cast.app, owner=cast.developer, description="Nightly", ref="main", cron="0 3 * * *")


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_schedule_is_made_changed_and_deleted(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    client = browser(cast.developer)
    assert "No schedules yet" in text(client.get(AT))
    assert client.get(f"{AT}/new").status_code == 200
    assert client.post(f"{AT}/new", {**FORM, "variables": "A=1\r\nB=two=2\r\n"})["Location"] == AT
    made = Schedule.objects.get()
    assert (made.owner, made.active) == (cast.developer, True)
    assert [(one["key"], one["value"]) for one in made.variables] == [("A", "1"), ("B", "two=2")]
    assert "Nightly" in text(client.get(AT))
    assert "B=two=2" in text(client.get(f"{AT}/{made.pk}/edit"))
    client.post(f"{AT}/{made.pk}/edit", {**FORM, "cron": "0 4 * * *", "active": ""})
    made.refresh_from_db()
    assert (made.cron, made.active, made.variables) == ("0 4 * * *", False, [])
    assert "Inactive" in text(client.get(AT))
    assert "Delete the schedule" in text(client.get(f"{AT}/{made.pk}/delete"))
    client.post(f"{AT}/{made.pk}/delete")
    assert not Schedule.objects.exists()


def test_a_time_zone_may_be_named_as_gitlab_names_it(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    client = browser(cast.developer)
    assert client.post(f"{AT}/new", {**FORM, "cron_timezone": "Eastern Time (US & Canada)"})["Location"] == AT
    assert "Eastern Time (US &amp; Canada)" in text(client.get(AT))


@pytest.mark.parametrize("wrong", [{"cron": "x"}, {"cron_timezone": "Atlantis"}, {"ref": "none"}, {"variables": "no"}])
def test_what_is_refused_is_shown_at_its_field(cast: Cast, wrong: dict[str, str]) -> None:
    answer = browser(cast.developer).post(f"{AT}/new", {**FORM, **wrong})
    assert answer.status_code == 422
    assert "is-invalid" in text(answer)


def test_what_a_line_cannot_hold_is_kept(cast: Cast, schedule: Schedule) -> None:
    kept = {"key": "FILE", "value": "two\nlines", "variable_type": "file", "raw": False}
    update_schedule(schedule, by=cast.developer, variables=[kept])
    browser(cast.developer).post(f"{AT}/{schedule.pk}/edit", {**FORM, "variables": "A=1"})
    schedule.refresh_from_db()
    assert [one["key"] for one in schedule.variables] == ["FILE", "A"]


def test_a_schedule_is_run_at_once_as_who_asks(cast: Cast, schedule: Schedule) -> None:
    answer = browser(cast.maintainer).post(f"{AT}/{schedule.pk}/play")
    made = Pipeline.objects.get()
    assert answer["Location"] == f"/acme/app/-/pipelines/{made.pk}"
    assert made.user == cast.maintainer
    assert f"#{made.pk}" in text(browser(cast.reporter).get(AT))


def test_why_a_schedule_cannot_run_is_shown(cast: Cast, schedule: Schedule) -> None:
    Schedule.objects.update(ref="gone")
    answer = browser(cast.developer).post(f"{AT}/{schedule.pk}/play", follow=True)
    assert "Reference not found" in text(answer)


def test_a_maintainer_takes_a_schedule_over_before_changing_it(cast: Cast, schedule: Schedule) -> None:
    client = browser(cast.maintainer)
    assert client.get(f"{AT}/{schedule.pk}/edit").status_code == 403
    assert "Take ownership" in text(client.get(AT))
    client.post(f"{AT}/{schedule.pk}/take_ownership")
    assert client.get(f"{AT}/{schedule.pk}/edit").status_code == 200
    assert browser(cast.developer).post(f"{AT}/{schedule.pk}/delete").status_code == 403
    assert browser(cast.developer).post(f"{AT}/{schedule.pk}/take_ownership").status_code == 403


def test_who_may_look_and_who_may_not(cast: Cast, schedule: Schedule) -> None:
    shown = text(browser(cast.reporter).get(AT))
    assert "Run as you" not in shown
    assert "New schedule" not in shown
    assert browser(cast.reporter).get(f"{AT}/new").status_code == 403
    assert browser(cast.outsider).get(AT).status_code == 404
