"""Environments are stopped by their stop job."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from jobs.environments import auto_stop
from jobs.environments.services import create_environment
from jobs.environments.stopping import Conflict, stop_environment
from jobs.housekeeping import run_housekeeping
from jobs.models import Environment, Job, Pipeline
from jobs.pipelines.job_actions import cancel_job, erase_job, play_job, retry_job
from jobs.pipelines.services import delete_pipeline
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.environments import REVIEW, again, deploy


def test_without_a_stop_job_it_is_stopped_at_once(cast: Cast) -> None:
    environment, runner = deploy(cast, "a: {script: [x], environment: {name: a}}")
    assert stop_environment(environment, by=cast.developer)
    assert again(environment).state == "stopped"
    assert runner.take() is None
    event = AuditEvent.objects.get(event="environment_stopped")
    assert (event.actor_name, event.target_path) == ("developer", "acme/app")


def test_with_force_its_stop_job_is_left_alone(cast: Cast) -> None:
    environment, runner = deploy(cast)
    assert stop_environment(environment, by=cast.developer, force=True)
    assert again(environment).state == "stopped"
    assert runner.take() is None


def test_two_stops_play_the_job_once(cast: Cast) -> None:
    environment, runner = deploy(cast)
    assert stop_environment(environment, by=cast.developer)
    assert not stop_environment(environment, by=cast.maintainer)
    assert runner.work().variables["GITLAB_USER_LOGIN"] == "developer"
    assert runner.take() is None


@pytest.mark.parametrize("end", ["fail", "cancel"])
def test_a_stop_job_that_comes_to_nothing_leaves_it_available(cast: Cast, end: str) -> None:
    environment, runner = deploy(cast)
    stop_environment(environment, by=cast.developer)
    job = Job.objects.get(name="stop")
    if end == "fail":
        runner.work().fail()
    else:
        cancel_job(job)
    assert again(environment).state == "available"
    assert environment.problem.startswith(f"Job #{job.pk} stop was to stop it")
    stop_environment(environment, by=cast.developer)
    assert runner.work().payload["job_info"]["name"] == "stop"


def test_a_stop_job_that_is_tried_again_by_itself_keeps_it_stopping(cast: Cast) -> None:
    environment, runner = deploy(cast, REVIEW.replace("when: manual", "when: manual\n  retry: 1"))
    stop_environment(environment, by=cast.developer)
    runner.work().fail()
    assert again(environment).state == "stopping"
    runner.work().succeed()
    assert again(environment).state == "stopped"


def test_a_stop_job_of_a_later_stage_goes_though_the_pipeline_has_failed(cast: Cast) -> None:
    later = REVIEW.replace("stop:\n  stage: deploy", "check:\n  stage: test\n  script: [x]\nstop:\n  stage: clean")
    environment, runner = deploy(cast, later)
    stop_environment(environment, by=cast.developer)
    assert {runner.work().payload["job_info"]["name"] for _ in range(2)} == {"check", "stop"}


def test_a_stop_job_that_was_skipped_is_played(cast: Cast) -> None:
    later = REVIEW.replace("stop:\n  stage: deploy", "check:\n  stage: test\n  script: [x]\nstop:\n  stage: clean")
    environment, runner = deploy(cast, later)
    runner.work().fail()
    assert Job.objects.get(name="stop").status == "skipped"
    stop_environment(environment, by=cast.developer)
    runner.work().succeed()
    assert again(environment).state == "stopped"


def test_playing_the_stop_job_itself_stops_the_environment(cast: Cast) -> None:
    environment, runner = deploy(cast)
    play_job(Job.objects.get(name="stop"), by=cast.developer)
    runner.work().succeed()
    assert again(environment).state == "stopped"


def test_a_stop_job_that_was_deleted_does_not_hold_it_for_ever(cast: Cast) -> None:
    environment, _ = deploy(cast)
    stop_environment(environment, by=cast.developer)
    delete_pipeline(Pipeline.objects.get(), by=cast.owner)
    assert run_housekeeping()["environments whose stop job was lost"] == 0
    assert run_housekeeping(timezone.now() + timedelta(hours=1))["environments whose stop job was lost"] == 1
    assert (again(environment).state, environment.problem) == ("available", "The job that was to stop it is gone.")


def test_an_environment_that_is_still_being_stopped_is_left_alone(cast: Cast) -> None:
    environment, _ = deploy(cast)
    stop_environment(environment, by=cast.developer)
    assert auto_stop.reset_stuck_stops(timezone.now() + timedelta(hours=1)) == 0
    assert again(environment).state == "stopping"


def test_a_stop_job_runs_without_what_somebody_else_played_it_with(cast: Cast) -> None:
    """Else whoever may play it could have anything run with the rights of who stops the environment later."""
    _, runner = deploy(cast)
    job = Job.objects.get(name="stop")
    play_job(job, by=cast.maintainer, variables=[{"key": "BASH_ENV", "value": "theirs"}])
    cancel_job(job)
    auto_stop.stop_due_environments(timezone.now() + timedelta(days=3))
    work = runner.work()
    assert work.variables["GITLAB_USER_LOGIN"] == "developer"
    assert "BASH_ENV" not in work.variables


def test_a_stop_job_that_was_erased_goes_again(cast: Cast) -> None:
    environment, runner = deploy(cast)
    stop_environment(environment, by=cast.developer)
    work = runner.work()
    work.log(b"gone\n", 0)
    work.succeed()
    erase_job(Job.objects.get(name="stop"), by=cast.maintainer)
    retry_job(Job.objects.get(name="deploy"), by=cast.developer)
    runner.work().succeed()
    assert stop_environment(again(environment), by=cast.developer)
    runner.work().succeed()
    assert again(environment).state == "stopped"


def test_an_environment_that_was_deleted_meanwhile_is_not_stopped(cast: Cast) -> None:
    environment, _ = deploy(cast)
    Environment.objects.all().delete()
    assert not stop_environment(environment, by=cast.developer)


def test_a_stop_job_whose_own_environment_cannot_be_made_leaves_all_as_it_was(cast: Cast) -> None:
    """Variables may make another name of what the file writes alike."""
    text = """
a:
  script: [x]
  variables: {E: a}
  environment: {name: $E, on_stop: stop}
stop:
  script: [x]
  when: manual
  variables: {E: b-}
  environment: {name: $E, action: stop}
"""
    runners.pipeline(cast.app, cast.developer, text)
    runners.runner(cast.app).work().succeed()
    Environment.objects.filter(name="b-").delete()
    create_environment(project=cast.app, by=cast.developer, name="b")  # with the other's short name
    environment = Environment.objects.get(name="a")
    with pytest.raises(Conflict):
        stop_environment(environment, by=cast.developer)
    assert (again(environment).state, Job.objects.get(name="stop").status) == ("available", "manual")
