"""Whoever starts a job is the person its token acts as; when that person may nothing any longer, nor may the token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Schedule
from jobs.pipelines.job_actions import play_job, retry_job
from jobs.pipelines.services import cancel_pipeline, start_for_push
from jobs.triggers.schedules import create_schedule, run_due_schedules
from jobs.triggers.trigger_tokens import create_trigger
from projects import services as project_services
from projects.models import Membership
from tests.factories import jobs, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.runner import Work
from tokenaccess.models import AllowlistEntry

MANUAL = "test: {script: [x], when: manual}"


def push(cast: Cast) -> None:
    new = runners.push_file(cast.app, runners.SIMPLE)
    start_for_push(project=cast.app, ref="refs/heads/main", old="0" * 40, new=new, user=cast.maintainer)


def play(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, MANUAL)
    play_job(pipeline.jobs.get(), by=cast.maintainer)


def retry(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer)
    cancel_pipeline(pipeline)
    retry_job(pipeline.jobs.get(), by=cast.maintainer)


def trigger(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    _, secret = create_trigger(project=cast.app, owner=cast.maintainer, description="by hand")
    answer: Any = Api().post(f"/projects/{cast.app.pk}/trigger/pipeline", {"token": secret, "ref": "main"})
    assert answer.status_code == 201


def triggered_by_a_job(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    AllowlistEntry.objects.create(project=cast.app, target_project=cast.library)
    token = jobs.job_token(cast.library, cast.maintainer)
    answer: Any = Api().post(f"/projects/{cast.app.pk}/trigger/pipeline", {"token": token, "ref": "main"})
    assert answer.status_code == 201


def schedule(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    create_schedule(project=cast.app, owner=cast.maintainer, description="Nightly", ref="main", cron="0 3 * * *")
    Schedule.objects.update(next_run_at=timezone.now())
    assert run_due_schedules(timezone.now()) == 1


WAYS = [push, play, retry, trigger, triggered_by_a_job, schedule]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def work(request: Any, cast: Cast) -> Work:
    """A running job that the maintainer started, one way or another."""
    start: Callable[[Cast], None] = request.param
    start(cast)
    return runners.runner(cast.app).work()


def reads_the_project(work: Work, cast: Cast) -> int:
    return int(Api(job=work.token).get(f"/projects/{cast.app.pk}/pipelines").status_code)


def test_a_job_acts_as_who_started_it(work: Work, cast: Cast) -> None:
    assert work.variables["GITLAB_USER_LOGIN"] == "maintainer"
    assert Api(job=work.token).get("/job").json()["user"]["username"] == "maintainer"
    assert reads_the_project(work, cast) == 200


def test_a_blocked_persons_token_is_dead(work: Work, cast: Cast) -> None:
    cast.maintainer.is_active = False
    cast.maintainer.save()
    assert reads_the_project(work, cast) in {401, 403}
    assert Api(job=work.token).get("/job").status_code in {401, 403}


def test_a_removed_persons_token_reaches_nothing_private(work: Work, cast: Cast) -> None:
    membership = Membership.objects.get(user=cast.maintainer, project=cast.app)
    project_services.remove_member(membership, by=cast.owner)
    assert reads_the_project(work, cast) in {401, 403, 404}
