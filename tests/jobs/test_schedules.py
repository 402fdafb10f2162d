"""Pipelines by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Pipeline, Schedule
from jobs.triggers.cron import BadCron, next_time
from jobs.triggers.schedules import create_schedule, run_due_schedules, update_schedule
from jobs.triggers.time_zones import RAILS_ZONES, find_zone, is_time_zone
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.client import Api

GIVEN = {"description": "Nightly", "ref": "main", "cron": "0 3 * * *", "cron_timezone": "Europe/Berlin"}


@pytest.fixture
def schedule(cast: Cast) -> Schedule:
    """Of the developer, due a minute ago."""
    runners.push_file(cast.app, runners.SIMPLE)
    made = create_schedule(project=cast.app, owner=cast.developer, **GIVEN)
    Schedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))
    made.refresh_from_db()
    return made


def run() -> int:
    return run_due_schedules(timezone.now())


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("cron", "zone", "after", "expected"),
    [
        ("0 3 * * *", "UTC", "2026-03-28T12:00", "2026-03-29T03:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-01-10T12:00", "2026-01-11T02:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-07-10T12:00", "2026-07-11T01:00"),
        ("0 3 * * *", "London", "2026-07-10T12:00", "2026-07-11T02:00"),
        ("0 3 * * *", "Pacific Time (US & Canada)", "2026-01-10T12:00", "2026-01-11T11:00"),
        ("*/15 * * * *", "UTC", "2026-01-10T12:00", "2026-01-10T12:15"),
        ("@daily", "UTC", "2026-01-10T12:00", "2026-01-11T00:00"),
    ],
)
def test_when_a_schedule_has_its_turn(cron: str, zone: str, after: str, expected: str) -> None:
    start = datetime.fromisoformat(after).replace(tzinfo=UTC)
    assert next_time(cron, zone, start) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.one_case
@pytest.mark.parametrize(
    "cron", ["", "x", "* * * *", "* * * * * *", "61 * * * *", "0 0 31 2 *", "0 0 * * * \0", "9" * 300]
)
def test_what_names_no_time_is_refused(cron: str) -> None:
    with pytest.raises(BadCron):
        next_time(cron, "UTC", timezone.now())


# --- Who it acts as ---------------------------------------------------------------------------------------------------


def test_a_due_schedule_starts_once_as_its_owner(schedule: Schedule, cast: Cast) -> None:
    schedule = update_schedule(
        schedule, by=cast.developer, variables=[{"key": "WHY", "value": "clock", "variable_type": "env_var"}]
    )
    Schedule.objects.update(next_run_at=timezone.now() - timedelta(days=3))
    assert run() == 1
    assert run() == 0  # turns missed count as one
    pipeline = Pipeline.objects.get()
    assert (pipeline.user, pipeline.source, pipeline.schedule) == (cast.developer, "schedule", schedule)
    work = runners.runner(cast.app).work()
    assert work.variables["WHY"] == "clock"
    assert work.variables["CI_PIPELINE_SCHEDULE_DESCRIPTION"] == "Nightly"
    assert work.variables["GITLAB_USER_LOGIN"] == "developer"


def test_a_schedule_that_sleeps_or_is_not_due_starts_nothing(schedule: Schedule) -> None:
    Schedule.objects.update(active=False)
    assert run() == 0
    Schedule.objects.update(active=True, next_run_at=timezone.now() + timedelta(minutes=1))
    assert run() == 0


def test_another_machine_may_be_faster(schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = list(Schedule.objects.select_related("project", "owner"))
    assert run() == 1
    monkeypatch.setattr("jobs.triggers.schedules.Schedule.objects.select_related", lambda *names: Stale(seen))
    assert run() == 0
    assert Pipeline.objects.count() == 1


class Stale:
    """What a machine had read before another one took the turn."""

    def __init__(self, rows: list[Schedule]) -> None:
        self.rows = rows

    def filter(self, **_: Any) -> Stale:
        return self

    def order_by(self, *_: str) -> list[Schedule]:
        return self.rows


def test_a_blocked_owners_schedule_is_put_to_sleep_and_its_jobs_die(schedule: Schedule, cast: Cast) -> None:
    run()
    work = runners.runner(cast.app).work()
    cast.developer.is_active = False
    cast.developer.save()
    assert Api(job=work.token).get("/job").status_code == 403
    Schedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))
    assert run() == 0
    schedule.refresh_from_db()
    assert (schedule.active, schedule.problem) == (False, "Its owner's account is blocked.")


def test_a_schedule_names_an_owner_who_may_not_run_pipelines_any_longer(schedule: Schedule, cast: Cast) -> None:
    Schedule.objects.update(owner=cast.reporter)
    assert run() == 0
    schedule.refresh_from_db()
    assert schedule.problem == "Insufficient permissions to create a new pipeline"
    assert not Pipeline.objects.exists()


def test_a_schedule_that_cannot_run_says_why(schedule: Schedule) -> None:
    Schedule.objects.update(ref="gone")
    assert run() == 0
    assert Schedule.objects.get().problem == "Reference not found"


def test_a_schedule_that_is_played_runs_as_who_plays_it(schedule: Schedule, cast: Cast, api: Any) -> None:
    at = f"/projects/{cast.app.pk}/pipeline_schedules/{schedule.pk}"
    answer = api(cast.maintainer).post(f"{at}/play")
    assert (answer.status_code, answer.json()) == (201, {"message": "201 Created"})
    assert Pipeline.objects.get().user == cast.maintainer
    assert api(cast.reporter).post(f"{at}/play").status_code == 403
    assert [one["id"] for one in api(cast.developer).get(f"{at}/pipelines").json()] == [Pipeline.objects.get().pk]


# --- REST -------------------------------------------------------------------------------------------------------------


def test_a_developer_makes_changes_and_deletes_their_own(cast: Cast, api: Any) -> None:
    client, at = api(cast.developer), f"/projects/{cast.app.pk}/pipeline_schedules"
    made = client.post(at, {**GIVEN, "ref": "refs/heads/main"})
    assert made.status_code == 201
    body = made.json()
    assert body.keys() == {
        "id", "description", "ref", "cron", "cron_timezone", "next_run_at", "active", "created_at", "updated_at",
        "owner", "last_pipeline", "variables", "inputs",
    }  # fmt: skip
    assert (body["ref"], body["owner"]["username"], body["active"]) == ("refs/heads/main", "developer", True)
    assert body["next_run_at"][11:16] in {"01:00", "02:00"}
    assert [one["id"] for one in client.get(f"{at}?scope=active").json()] == [body["id"]]
    assert client.get(f"{at}?scope=inactive").json() == []
    assert client.put(f"{at}/{body['id']}", {"active": False, "cron": "@hourly"}).json()["active"] is False
    assert client.delete(f"{at}/{body['id']}").status_code == 204
    assert client.get(f"{at}/{body['id']}").json() == {"message": "404 Pipeline Schedule Not Found"}


def test_only_its_owner_changes_a_schedule_and_a_maintainer_takes_it_over(
    schedule: Schedule, cast: Cast, api: Any
) -> None:
    at = f"/projects/{cast.app.pk}/pipeline_schedules/{schedule.pk}"
    assert api(cast.maintainer).put(at, {"cron": "@hourly"}).status_code == 403
    assert api(cast.developer).post(f"{at}/take_ownership").status_code == 403
    taken = api(cast.maintainer).post(f"{at}/take_ownership")
    assert (taken.status_code, taken.json()["owner"]["username"]) == (201, "maintainer")
    assert api(cast.maintainer).put(at, {"cron": "@hourly"}).status_code == 200
    assert api(cast.developer).delete(at).status_code == 403
    assert api(cast.owner).delete(at).status_code == 204


def test_the_variables_of_a_schedule_are_its_owners(schedule: Schedule, cast: Cast, api: Any) -> None:
    client, at = api(cast.developer), f"/projects/{cast.app.pk}/pipeline_schedules/{schedule.pk}"
    made = client.post(f"{at}/variables", {"key": "KEY", "value": "one"})
    assert (made.status_code, made.json()) == (
        201, {"key": "KEY", "variable_type": "env_var", "value": "one", "raw": False},
    )  # fmt: skip
    assert client.post(f"{at}/variables", {"key": "KEY", "value": "two"}).status_code == 400
    assert client.put(f"{at}/variables/KEY", {"value": "two"}).json()["value"] == "two"
    assert client.get(at).json()["variables"][0]["value"] == "two"
    assert api(cast.maintainer).get(at).json()["variables"] == []
    assert api(cast.maintainer).put(f"{at}/variables/KEY", {"value": "x"}).status_code == 404
    assert api(cast.maintainer).post(f"{at}/variables", {"key": "NEW", "value": "x"}).status_code == 403
    assert client.delete(f"{at}/variables/KEY").status_code == 202
    assert client.get(at).json()["variables"] == []


@pytest.mark.one_case
@pytest.mark.parametrize("zone", ["London", "Tokyo", "Pacific Time (US & Canada)", "Kyiv", "Etc/UTC", "Asia/Tokyo"])
def test_a_time_zone_may_be_named_as_gitlab_names_it(cast: Cast, api: Any, zone: str) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    at = f"/projects/{cast.app.pk}/pipeline_schedules"
    made = api(cast.developer).post(at, {**GIVEN, "cron_timezone": zone}).json()
    assert api(cast.developer).get(f"{at}/{made['id']}").json()["cron_timezone"] == zone
    runs = datetime.fromisoformat(made["next_run_at"])
    assert runs.astimezone(find_zone(zone)).hour == 3
    Schedule.objects.update(next_run_at=timezone.now() - timedelta(minutes=1))
    assert run() == 1
    assert Schedule.objects.get().next_run_at == runs
    changed = api(cast.developer).put(f"{at}/{made['id']}", {"cron_timezone": "Hawaii"}).json()
    assert changed["cron_timezone"] == "Hawaii"


def test_every_name_of_gitlab_is_a_zone() -> None:
    assert len(RAILS_ZONES) == 151
    assert all(is_time_zone(name) and len(name) <= 64 for name in RAILS_ZONES)


@pytest.mark.one_case
@pytest.mark.parametrize(
    "wrong",
    [
        {"cron": "nonsense"},
        {"cron_timezone": "Atlantis"},
        {"cron_timezone": "../../etc/passwd"},
        {"cron_timezone": "Europe"},
        {"cron_timezone": "london"},
        {"cron_timezone": "Pacific Time"},
        {"description": "x" * 300},
        {"ref": " "},
        {"ref": "\0"},
        {"cron": ["*"]},
        {"active": "perhaps"},
    ],
)
def test_bad_input_is_a_400(cast: Cast, api: Any, wrong: dict[str, Any]) -> None:
    at = f"/projects/{cast.app.pk}/pipeline_schedules"
    assert api(cast.developer).post(at, {**GIVEN, **wrong}).status_code == 400
    assert not Schedule.objects.exists()


@pytest.mark.one_case
@pytest.mark.parametrize(
    "wrong", [{"key": "a-b", "value": "x"}, {"key": 5, "value": "x"}, {"key": "A", "value": 5}, {}]
)
def test_bad_variables_are_a_400(schedule: Schedule, cast: Cast, api: Any, wrong: dict[str, Any]) -> None:
    at = f"/projects/{cast.app.pk}/pipeline_schedules/{schedule.pk}/variables"
    assert api(cast.developer).post(at, wrong).status_code == 400


def test_strangers_and_jobs_get_nothing(schedule: Schedule, cast: Cast, api: Any) -> None:
    at = f"/projects/{cast.app.pk}/pipeline_schedules"
    assert api(cast.outsider).get(at).status_code == 404
    assert api(cast.reporter).post(at, GIVEN).status_code == 403
    for method in ("get", "post"):
        assert getattr(api(job=cast.job_token(cast.app)), method)(at).status_code in {401, 404}
