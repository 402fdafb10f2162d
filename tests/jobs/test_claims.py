"""Runners that ask at the same moment never get the same job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, JobToken
from jobs.pipelines.services import cancel_pipeline
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.at_once import at_once
from tests.support.runner import FakeRunner

pytestmark = pytest.mark.django_db(transaction=True)


def many(count: int) -> str:
    return "\n".join(f"job{number}: {{script: [make]}}" for number in range(count))


def together(work: Callable[[int], Any], count: int) -> None:
    """Runs `work(number)` in so many threads at once."""
    _, failed = at_once(*[partial(work, number) for number in range(count)])
    assert failed == []


def test_two_runners_asking_at_once_never_get_the_same_job() -> None:
    cast = Cast()
    for _ in range(5):
        runners.pipeline(cast.app, cast.developer)
        asking = [runners.runner(cast.app), runners.runner(cast.app)]
        got: list[int] = []

        def ask(number: int, asking: list[FakeRunner] = asking, got: list[int] = got) -> None:
            answer = asking[number].poll()
            assert answer.status_code in {201, 204, 409}
            if answer.status_code == 201:
                got.append(answer.json()["id"])

        together(ask, 2)
        assert len(got) == 1
    assert JobToken.objects.count() == 5


def test_many_runners_take_every_job_exactly_once() -> None:
    cast = Cast()
    runners.pipeline(cast.app, cast.developer, many(24))
    asking = [runners.runner(cast.app) for _ in range(6)]
    got: Counter[int] = Counter()

    def ask(number: int) -> None:
        empty = 0
        while empty < 2:
            answer = asking[number].poll()
            if answer.status_code == 201:
                got[answer.json()["id"]] += 1
            elif answer.status_code == 204:
                empty += 1

    together(ask, 6)
    assert set(got.values()) == {1}
    assert len(got) == 24
    assert Job.objects.get(pk=next(iter(got))).pipeline.status == "running"


def test_runners_that_finish_at_once_leave_the_pipeline_finished() -> None:
    cast = Cast()
    pipeline = runners.pipeline(cast.app, cast.developer, many(6) + "\nlast: {stage: deploy, script: [x]}")
    runner = runners.runner(cast.app)
    works = [runner.work() for _ in range(6)]
    together(lambda number: works[number].succeed(), 6)
    last = runner.work()
    assert last.payload["job_info"]["name"] == "last"
    last.succeed()
    pipeline.refresh_from_db()
    assert pipeline.status == "success"


def test_a_cancellation_and_a_claim_at_once_agree_on_an_end() -> None:
    cast = Cast()
    for _ in range(4):
        pipeline = runners.pipeline(cast.app, cast.developer)
        runner = runners.runner(cast.app)

        def act(number: int, pipeline: Any = pipeline, runner: FakeRunner = runner) -> None:
            if number:
                cancel_pipeline(pipeline)
            else:
                assert runner.poll().status_code in {201, 204, 409}

        together(act, 2)
        assert Job.objects.get(pipeline=pipeline).status == "canceled"


def test_a_long_queue_costs_a_request_no_more_queries_than_a_short_one() -> None:
    cast = Cast()
    runner = runners.runner(cast.app)
    runner.poll()
    counts = []
    for size in (2, 40):
        runners.pipeline(cast.app, cast.developer, many(size))
        runner.work()  # the first also moves its pipeline to running
        runner.last_update = ""
        with CaptureQueriesContext(
            connection,
        ) as queries:
            runner.work()
        counts.append(len(queries))
    assert counts[0] == counts[1]
