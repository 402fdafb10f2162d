"""Several at the same moment: one environment is made, its stop job is played once, nobody waits for ever."""

from __future__ import annotations

import pytest
from django.utils import timezone

from jobs.environments import auto_stop
from jobs.environments.services import create_environment, delete_environment, update_environment
from jobs.environments.stopping import stop_environment
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.pipelines.job_actions import cancel_job, finish_job, retry_job
from jobs.pipelines.plan import PipelineRequest
from jobs.pipelines.resource_groups import grant_next
from jobs.pipelines.services import create_pipeline
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.environments import REVIEW, again, deploy
from tests.support.at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return Cast()


def test_several_pipelines_make_one_environment(cast: Cast) -> None:
    runners.push_file(cast.app, REVIEW)
    request = PipelineRequest(project=cast.app, ref="main", user=cast.developer, source="api")
    _, failed = at_once(
        *[lambda: create_pipeline(request)] * 3,
        lambda: create_environment(project=cast.app, by=cast.developer, name="review/main"),
    )
    assert all("already been taken" in str(one) for one in failed)
    assert Environment.objects.count() == 1
    assert sorted(Deployment.objects.values_list("iid", flat=True)) == [1, 2, 3]
    assert not Job.objects.filter(environment=None).exists()


def test_however_many_stop_an_environment_its_job_is_played_once(cast: Cast) -> None:
    environment, runner = deploy(cast)
    Environment.objects.update(auto_stop_at=timezone.now())
    done, failed = at_once(
        *[lambda: stop_environment(environment, by=cast.maintainer)] * 3,
        *[lambda: bool(auto_stop.stop_due_environments(timezone.now()))] * 2,
    )
    assert failed == []
    assert sorted(done) == [False, False, False, False, True]
    assert runner.take() is not None
    assert runner.take() is None


def test_a_deployment_that_ends_and_a_stop_do_not_wait_for_each_other(cast: Cast) -> None:
    environment, runner = deploy(cast)
    runners.pipeline(cast.app, cast.developer, REVIEW)
    work = runner.work()
    first = Job.objects.get(name="deploy", status="success")
    _, failed = at_once(
        lambda: finish_job(Job.objects.get(pk=work.id), status="success"),
        lambda: stop_environment(environment, by=cast.maintainer),
        lambda: retry_job(first, by=cast.developer),
    )
    assert failed == []
    assert again(environment).state in {"available", "stopping"}


def test_deleting_one_and_what_its_jobs_do_do_not_wait_for_each_other(cast: Cast) -> None:
    text = "a: {script: [x], resource_group: one, environment: {name: a}}"
    environment, _ = deploy(cast, text)
    first = Job.objects.get()
    for _ in range(5):
        environment = Environment.objects.get(name="a")
        waiting = runners.pipeline(cast.app, cast.developer, text).jobs.get()
        Job.objects.filter(pk=waiting.pk).update(status="waiting_for_resource")
        Environment.objects.update(state=EnvironmentState.STOPPED)
        _, failed = at_once(
            lambda one=environment: delete_environment(one, by=cast.maintainer),  # type: ignore[misc]
            lambda: grant_next(cast.app.pk, "one"),
            lambda one=environment: stop_environment(one, by=cast.maintainer),  # type: ignore[misc]
            lambda old=first: retry_job(old, by=cast.developer),  # type: ignore[misc]
        )
        assert failed == []
        cancel_job(waiting)
        first = Job.objects.filter(retried=False, name="a", pipeline=first.pipeline).get()
        Job.objects.filter(pk=first.pk).update(status="success")
        Environment.objects.get_or_create(project=cast.app, name="a", defaults={"slug": "a"})


def test_an_environment_that_is_stopped_changed_and_deleted_twice_this_moment_is_gone_or_there(cast: Cast) -> None:
    for _ in range(5):
        environment, _ = deploy(cast, "a: {script: [x], environment: {name: a}}")
        Environment.objects.update(state=EnvironmentState.STOPPED)
        environment.refresh_from_db()
        _, failed = at_once(
            *[lambda one=environment: delete_environment(one, by=cast.maintainer)] * 2,
            lambda one=environment: update_environment(one, by=cast.maintainer, tier="other"),  # type: ignore[misc]
            lambda one=environment: stop_environment(one, by=cast.maintainer),  # type: ignore[misc]
        )
        assert {type(one) for one in failed} <= {Environment.DoesNotExist}
        assert not Environment.objects.exists()


def test_a_pipeline_that_names_one_which_is_deleted_this_moment_has_it_or_a_new_one(cast: Cast) -> None:
    environment, _ = deploy(cast)
    request = PipelineRequest(project=cast.app, ref="main", user=cast.developer, source="api")
    for _ in range(5):
        environment = Environment.objects.get(name=environment.name)
        Environment.objects.update(state=EnvironmentState.STOPPED)
        _, failed = at_once(
            lambda: create_pipeline(request),
            lambda one=environment: delete_environment(one, by=cast.maintainer),  # type: ignore[misc]
        )
        assert failed == []
        Environment.objects.get_or_create(project=cast.app, name=environment.name, defaults={"slug": environment.slug})
