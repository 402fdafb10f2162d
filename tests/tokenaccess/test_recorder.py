"""What the log keeps of uses and refusals, and what it costs to keep it. job-token.md §6."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, OperationalError
from django.utils import timezone

from jobs.models import Job
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.access.signals import decisions_recorded
from tokenaccess.access_log import buffer, daily, job_uses, writer
from tokenaccess.access_log.buffer import RefusalKey, _RefusalTally
from tokenaccess.allowlist import services
from tokenaccess.models import AuthorizationRecord, DailyCount, RefusalRecord
from tokenaccess.policy.levels import InboundMode

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _nothing_noted_yet():
    buffer._uses.clear()
    buffer._refusals.clear()
    yield
    buffer._uses.clear()
    buffer._refusals.clear()


def note(accessed: Project, origin: Project, name: str = "read_packages", minutes: int = 0) -> None:
    used = buffer._uses.setdefault((accessed.pk, origin.pk), {})
    used[name] = NOW + timedelta(minutes=minutes)


def refuse(target: int | None, origin: Project, job: int = 7, count: int = 1) -> None:
    key = RefusalKey(origin.pk, job, target, "read packages", "admitted", "No.")
    buffer._refusals[key] = _RefusalTally(count, NOW, NOW)


def test_a_use_is_one_row_for_two_projects_and_remembers_each_permission(cast: Cast):
    note(cast.library, cast.app)
    buffer.write()
    note(cast.library, cast.app, "read_jobs", minutes=3)
    buffer.write()
    row = AuthorizationRecord.objects.get()
    assert (row.accessed_project, row.origin_project) == (cast.library, cast.app)
    assert row.last_authorized_at == NOW + timedelta(minutes=3)
    assert row.used == {
        "read_packages": NOW.isoformat(),
        "read_jobs": (NOW + timedelta(minutes=3)).isoformat(),
    }


def test_a_late_note_of_an_early_use_does_not_turn_the_clock_back(cast: Cast):
    note(cast.library, cast.app, minutes=3)
    buffer.write()
    note(cast.library, cast.app, "read_jobs")
    buffer.write()
    assert AuthorizationRecord.objects.get().last_authorized_at == NOW + timedelta(minutes=3)


def test_a_refusal_that_happens_again_is_counted(cast: Cast):
    refuse(cast.library.pk, cast.app, count=2)
    buffer.write()
    refuse(cast.library.pk, cast.app, count=3)
    refuse(None, cast.app)
    buffer.write()
    assert sorted(RefusalRecord.objects.values_list("project", "count"), key=str) == [
        (cast.library.pk, 5),
        (None, 1),
    ]


def test_a_repeated_refusal_is_added_to_its_row(cast: Cast):
    refuse(None, cast.app)
    buffer.write()
    theirs = RefusalRecord.objects.get()
    refuse(None, cast.app, count=4)
    buffer.write()
    ours = RefusalRecord.objects.get()
    assert (ours.pk, ours.count, ours.first_at, ours.last_at) == (theirs.pk, 5, NOW, NOW)


def test_records_of_a_deleted_project_are_left_out(cast: Cast):
    note(cast.library, cast.app)
    note(cast.app, cast.library)
    refuse(cast.library.pk, cast.app)
    refuse(cast.app.pk, cast.app)
    buffer._uses[(10**9, cast.app.pk)] = {"read_jobs": NOW}
    buffer._refusals[RefusalKey(10**9, 7, None, "see", "admitted", "No.")] = _RefusalTally(1, NOW, NOW)
    buffer.write()
    assert AuthorizationRecord.objects.count() == 2
    assert RefusalRecord.objects.count() == 2


def test_a_refusal_of_what_is_gone_is_counted_as_one_of_what_was_never_there(cast: Cast):
    for _ in range(2):
        refuse(10**9, cast.app)
        buffer.write()
    assert RefusalRecord.objects.get().count == 2


@pytest.mark.parametrize("again", [False, True])
def test_many_notes_cost_as_many_statements_as_one(cast: Cast, django_assert_max_num_queries, again: bool):
    others = [projects.project(f"p{number}", group=cast.acme, by=cast.owner) for number in range(8)]
    for _ in range(2 if again else 1):
        for number, other in enumerate(others):
            note(cast.library, other, minutes=number + again)
            refuse(cast.library.pk, other, job=number)
        with django_assert_max_num_queries(3):  # the third asks whether there are webhooks
            buffer.write()
    assert AuthorizationRecord.objects.count() == RefusalRecord.objects.count() == 8


def counts() -> list[tuple[str, int, int]]:
    return [(str(row.day), row.uses, row.refusals) for row in DailyCount.objects.order_by("day")]


def test_requests_of_other_projects_are_counted_by_the_day(cast: Cast, api: Any):
    address = f"/projects/{cast.library.pk}/packages"
    job = api(job=cast.job_token())
    assert [job.get(address).status_code for _ in range(2)] == [404, 404]
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert [job.get(address).status_code for _ in range(3)] == [200] * 3
    api(job=cast.job_token(cast.library)).get(address)
    row = DailyCount.objects.get()
    assert (row.accessed_project, row.origin_project, row.day) == (cast.library, cast.app, datetime.now(UTC).date())
    assert (row.uses, row.refusals) == (3, 2)


def test_a_trial_counts_what_it_admits_and_refuses_nothing(cast: Cast, api: Any):
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    assert api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/packages").status_code == 200
    assert [(uses, refusals) for _, uses, refusals in counts()] == [(1, 0)]


def test_counts_of_a_day_add_up_and_wait_where_they_cannot_be_written(cast: Cast, no_room: pytest.MonkeyPatch):
    pair = cast.library.pk, cast.app.pk
    daily.count_use(*pair, date(2026, 3, 1))
    daily.count_use(*pair, date(2026, 3, 2))
    daily.count_use(*pair, date(2026, 3, 2))
    daily.count_use(10**9, cast.app.pk, date(2026, 3, 2))
    with pytest.raises(OperationalError):
        daily.write(10)
    daily.count_refusal(*pair, date(2026, 3, 2))
    no_room.undo()
    daily.write(10)
    daily.count_use(*pair, date(2026, 3, 2))
    daily.write(10)
    assert counts() == [("2026-03-01", 1, 0), ("2026-03-02", 3, 1)]


def test_counts_that_no_page_looks_back_to_are_deleted(cast: Cast):
    today = date(2026, 3, 1)
    for day in (today, today - timedelta(days=400), today - timedelta(days=401)):
        DailyCount.objects.create(accessed_project=cast.library, origin_project=cast.app, day=day, uses=1)
    assert daily.delete_old(datetime(2026, 3, 1, 12, tzinfo=UTC)) == 1


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Of a full database in earnest see tests/faults/full_disk.py."""

    def fail(*_args: object, **_more: object) -> None:
        raise OperationalError("database or disk is full")

    monkeypatch.setattr(writer, "write_notes", fail)
    return monkeypatch


def test_what_cannot_be_written_is_kept_and_joined_by_what_comes(cast: Cast, no_room: pytest.MonkeyPatch):
    note(cast.library, cast.app)
    refuse(cast.library.pk, cast.app, count=2)
    with pytest.raises(OperationalError):
        buffer.write()
    buffer._keep_use((cast.library.pk, cast.app.pk), {"read_packages": NOW + timedelta(minutes=1)})
    (key,) = buffer._refusals
    buffer._keep_refusal(key, _RefusalTally(3, NOW, NOW + timedelta(minutes=1)))
    no_room.undo()
    buffer.write()
    use, refusal = AuthorizationRecord.objects.get(), RefusalRecord.objects.get()
    assert use.last_authorized_at == NOW + timedelta(minutes=1)
    assert (refusal.count, refusal.first_at, refusal.last_at) == (5, NOW, NOW + timedelta(minutes=1))


def test_what_does_not_fit_is_counted_and_logged(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(buffer, "MAX_RECORDS", 1)
    buffer._keep_use((cast.library.pk, cast.app.pk), {"read_packages": NOW})
    buffer._keep_use((cast.app.pk, cast.library.pk), {"read_packages": NOW})
    buffer._keep_refusal(RefusalKey(cast.app.pk, 7, None, "see", "admitted", "No."), _RefusalTally(4, NOW, NOW))
    buffer.write()
    assert AuthorizationRecord.objects.count() == 1
    assert "5 records of the access log were lost" in caplog.text


def test_what_is_wrong_in_itself_is_not_tried_again(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def fail(*_args: object, **_more: object) -> None:
        raise DataError("nobody can write that")

    monkeypatch.setattr(writer, "write_notes", fail)
    note(cast.library, cast.app)
    with pytest.raises(DataError):
        buffer.write()
    assert not buffer._uses


def test_receivers_hear_of_what_is_written_though_the_rest_fails(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def fail(*_args: object, **_more: object) -> None:
        raise OperationalError("gone")

    uses: list[Any] = []
    monkeypatch.setattr(writer, "write_job_uses", fail)
    monkeypatch.setattr(decisions_recorded, "send_robust", lambda **sent: uses.extend(sent["uses"]))
    cast.job_token()
    job_uses.keep(Job.objects.get().pk, cast.library.pk, ("read_jobs",))
    note(cast.library, cast.app)
    with pytest.raises(OperationalError):
        buffer.write()
    assert [pair for pair, _ in uses] == [(cast.library.pk, cast.app.pk)]


def test_the_last_chance_says_what_is_lost(cast: Cast, no_room: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    note(cast.library, cast.app)
    buffer.write_at_end()
    assert "1 records of the access log are lost." in caplog.text
