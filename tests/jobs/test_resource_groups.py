"""The modes of a resource group: whose turn it is when the group is free."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from jobs.models import Job
from jobs.pipelines.job_actions import cancel_job
from jobs.pipelines.resource_groups import grant_next, set_process_mode
from jobs.states import State
from tests.factories import jobs
from tests.factories.cast import Cast

NAME = "prod"


def job(cast: Cast, pipeline: Any, status: str, name: str = "deploy") -> Job:
    return jobs.job(
        cast.library, cast.developer, status, name=name, pipeline=pipeline, resource_group=NAME, started_at=None
    )


def turn(cast: Cast) -> list[str]:
    """The names of the jobs that hold the group once it was given."""
    grant_next(cast.library.pk, NAME)
    return list(Job.objects.filter(resource_group=NAME, status=State.PENDING).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("mode", "ready", "expected"),
    [
        # The jobs of three pipelines, in the order in which they began to wait: names of those that are ready.
        ("unordered", "mno", ["m"]),
        ("oldest_first", "mno", ["o"]),
        ("oldest_first", "mn", []),
        ("newest_first", "mno", ["n"]),
        ("newest_first", "mo", []),
        ("newest_ready_first", "mno", ["n"]),
        ("newest_ready_first", "mo", ["m"]),
        ("newest_ready_first", "o", ["o"]),
    ],
)
def test_the_process_mode_says_whose_turn_it_is(cast: Cast, mode: str, ready: str, expected: list[str]) -> None:
    oldest, middle, newest = (jobs.pipeline(cast.library, cast.developer) for _ in range(3))
    for name, pipeline in (("m", middle), ("n", newest), ("o", oldest)):
        job(cast, pipeline, State.WAITING if name in ready else State.CREATED, name)
    set_process_mode(cast.library, NAME, mode, by=cast.developer)
    assert turn(cast) == expected
    assert turn(cast) == expected


def test_what_is_ready_goes_before_what_is_not_in_the_same_pipeline(cast: Cast) -> None:
    pipeline = jobs.pipeline(cast.library, cast.developer)
    job(cast, pipeline, State.CREATED, "later")
    job(cast, pipeline, State.WAITING, "ready")
    set_process_mode(cast.library, NAME, "oldest_first", by=cast.developer)
    assert turn(cast) == ["ready"]


@pytest.mark.django_db(transaction=True)
def test_the_turn_goes_on_when_the_job_that_others_wait_for_is_cancelled(db: None) -> None:
    cast = Cast()
    oldest, newest = (jobs.pipeline(cast.library, cast.developer) for _ in range(2))
    first = job(cast, oldest, State.CREATED, "first")
    job(cast, newest, State.WAITING, "second")
    set_process_mode(cast.library, NAME, "oldest_first", by=cast.developer)
    assert not Job.objects.filter(status=State.PENDING).exists()
    cancel_job(first)
    assert Job.objects.get(name="second").status == State.PENDING


def test_the_mode_is_shown_changed_and_recorded(api: Any, cast: Cast) -> None:
    oldest, newest = (jobs.pipeline(cast.library, cast.developer) for _ in range(2))
    rows = [job(cast, pipeline, State.CREATED) for pipeline in (oldest, newest)]
    address = f"/projects/{cast.library.pk}/resource_groups/{NAME}"
    assert api(cast.developer).get(f"{address}/upcoming_jobs").json() == []
    changed = api(cast.developer).put(address, {"process_mode": "newest_first"})
    assert changed.json()["process_mode"] == "newest_first"
    upcoming = api(cast.developer).get(f"{address}/upcoming_jobs").json()
    assert [row["id"] for row in upcoming] == [row.pk for row in reversed(rows)]
    assert AuditEvent.objects.get(event="resource_group_updated").details["process_mode"] == "newest_first"
    assert api(cast.reporter).put(address, {"process_mode": "unordered"}).status_code == 403
