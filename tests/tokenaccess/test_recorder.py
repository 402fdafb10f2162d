"""What the log keeps of uses and refusals, and what it costs to keep it. job-token.md §6."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess import recorder
from tokenaccess.models import AuthorizationRecord, RefusalRecord
from tokenaccess.recorder import Refused, _Refusals

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _nothing_noted_yet():
    recorder._uses.clear()
    recorder._refusals.clear()
    yield
    recorder._uses.clear()
    recorder._refusals.clear()


def note(accessed: Project, origin: Project, name: str = "read_packages", minutes: int = 0) -> None:
    used = recorder._uses.setdefault((accessed.pk, origin.pk), {})
    used[name] = NOW + timedelta(minutes=minutes)


def refuse(target: int | None, origin: Project, job: int = 7, count: int = 1) -> None:
    key = Refused(origin.pk, job, target, "read packages", "admitted", "No.")
    recorder._refusals[key] = _Refusals(count, NOW, NOW)


def test_a_use_is_one_row_for_two_projects_and_remembers_each_permission(cast: Cast):
    note(cast.library, cast.app)
    recorder.write()
    note(cast.library, cast.app, "read_jobs", minutes=3)
    recorder.write()
    row = AuthorizationRecord.objects.get()
    assert (row.accessed_project, row.origin_project) == (cast.library, cast.app)
    assert row.last_authorized_at == NOW + timedelta(minutes=3)
    assert row.used == {
        "read_packages": NOW.isoformat(),
        "read_jobs": (NOW + timedelta(minutes=3)).isoformat(),
    }


def test_a_late_note_of_an_early_use_does_not_turn_the_clock_back(cast: Cast):
    note(cast.library, cast.app, minutes=3)
    recorder.write()
    note(cast.library, cast.app, "read_jobs")
    recorder.write()
    assert AuthorizationRecord.objects.get().last_authorized_at == NOW + timedelta(minutes=3)


def test_a_refusal_that_happens_again_is_counted(cast: Cast):
    refuse(cast.library.pk, cast.app, count=2)
    recorder.write()
    refuse(cast.library.pk, cast.app, count=3)
    refuse(None, cast.app)
    recorder.write()
    assert sorted(RefusalRecord.objects.values_list("project", "count"), key=str) == [
        (cast.library.pk, 5),
        (None, 1),
    ]


def test_the_same_refusal_noted_later_is_added_to_its_row(cast: Cast):
    refuse(None, cast.app)
    recorder.write()
    theirs = RefusalRecord.objects.get()
    refuse(None, cast.app, count=4)
    recorder.write()
    ours = RefusalRecord.objects.get()
    assert (ours.pk, ours.count, ours.first_at, ours.last_at) == (theirs.pk, 5, NOW, NOW)


def test_what_concerns_a_project_that_is_gone_is_left_out(cast: Cast):
    note(cast.library, cast.app)
    note(cast.app, cast.library)
    refuse(cast.library.pk, cast.app)
    refuse(cast.app.pk, cast.app)
    recorder._uses[(10**9, cast.app.pk)] = {"read_jobs": NOW}
    recorder._refusals[Refused(10**9, 7, None, "see", "admitted", "No.")] = _Refusals(1, NOW, NOW)
    recorder.write()
    assert AuthorizationRecord.objects.count() == 2
    assert RefusalRecord.objects.count() == 2


def test_a_refusal_of_what_is_gone_is_counted_as_one_of_what_was_never_there(cast: Cast):
    for _ in range(2):
        refuse(10**9, cast.app)
        recorder.write()
    assert RefusalRecord.objects.get().count == 2


@pytest.mark.parametrize("again", [False, True])
def test_many_notes_cost_as_many_statements_as_one(cast: Cast, django_assert_max_num_queries, again: bool):
    others = [projects.project(f"p{number}", group=cast.acme, by=cast.owner) for number in range(8)]
    for _ in range(2 if again else 1):
        for number, other in enumerate(others):
            note(cast.library, other, minutes=number + again)
            refuse(cast.library.pk, other, job=number)
        with django_assert_max_num_queries(2):
            recorder.write()
    assert AuthorizationRecord.objects.count() == RefusalRecord.objects.count() == 8
