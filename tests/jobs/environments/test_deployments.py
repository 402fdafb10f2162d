"""Environments are made and deployed to by jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.environments import services as environment_services
from jobs.environments.services import NotStopped, create_environment, delete_environment
from jobs.environments.stopping import stop_environment
from jobs.housekeeping import run_housekeeping
from jobs.models import Deployment, Environment, Job, JobArtifact, Pipeline
from jobs.pipelines.job_actions import InvalidJobState, play_job, retry_job
from jobs.pipelines.services import start_for_push
from jobs.variables.services import create_variable
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.environments import REVIEW, again, deploy
from tests.support.client import Api


def test_an_environment_lives_from_its_first_deployment_to_its_automatic_stop(cast: Cast) -> None:
    environment, runner = deploy(cast)
    assert (environment.name, environment.slug) == ("review/main", "review-main-yi2y9f")
    assert environment.external_url == "https://review-main-yi2y9f.example.org"
    assert (environment.state, environment.tier) == ("available", "development")
    assert environment.auto_stop_at is not None
    assert timedelta(days=1) < environment.auto_stop_at - timezone.now() <= timedelta(days=2)
    deployment = Deployment.objects.get()
    assert deployment.job is not None
    assert (deployment.status, deployment.iid, deployment.job.name) == ("success", 1, "deploy")

    assert run_housekeeping()["environments stopped"] == 0
    Environment.objects.update(auto_stop_at=timezone.now())
    assert run_housekeeping()["environments stopped"] == 1
    assert run_housekeeping()["environments stopped"] == 0
    assert again(environment).state == "stopping"
    work = runner.work()
    assert work.payload["job_info"]["name"] == "stop"
    assert work.variables["CI_ENVIRONMENT_ID"] == str(environment.pk)
    assert (work.variables["CI_ENVIRONMENT_ACTION"], work.variables["GITLAB_USER_LOGIN"]) == ("stop", "developer")
    assert Api(job=work.token).get("/job").json()["user"]["username"] == "developer"
    work.succeed()
    assert again(environment).state == "stopped"
    assert Environment.objects.get().auto_stop_at is None
    assert Deployment.objects.count() == 1


def test_each_pipeline_serves_the_same_environment_and_stops_what_it_started_itself(cast: Cast) -> None:
    environment, runner = deploy(cast)
    second = runners.pipeline(cast.app, cast.maintainer, REVIEW.replace("make clean", "make clean2"))
    runner.work().succeed()
    assert list(Deployment.objects.values_list("iid", flat=True)) == [1, 2]
    stop_environment(environment, by=cast.developer)
    assert runner.work().payload["job_info"]["pipeline_id"] == second.pk


def test_a_stopped_environment_is_deployed_to_again_and_may_be_stopped_again(cast: Cast) -> None:
    environment, runner = deploy(cast)
    stop_environment(environment, by=cast.developer)
    runner.work().succeed()
    retry_job(Job.objects.get(name="deploy"), by=cast.maintainer)
    runner.work().succeed()
    assert again(environment).state == "available"
    stop_environment(environment, by=cast.developer)
    work = runner.work()
    assert (work.payload["job_info"]["name"], work.variables["GITLAB_USER_LOGIN"]) == ("stop", "developer")
    work.succeed()
    assert again(environment).state == "stopped"


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["review/$NOTHING", "$NOTHING", "a/$SECRET"])
def test_a_name_that_comes_to_nothing_fails_its_job(cast: Cast, name: str) -> None:
    create_variable(project=cast.app, by=cast.maintainer, key="SECRET", value="hidden-as-such", masked=True)
    text = f"a: {{script: [x], environment: {{name: {name}}}}}\nb: {{script: [x]}}"
    pipeline = runners.pipeline(cast.app, cast.developer, text)
    job = Job.objects.get(name="a")
    assert (job.status, job.failure_reason) == ("failed", "environment_creation_failure")
    assert job.finished_at is not None
    assert not Environment.objects.exists()
    runners.runner(cast.app).work().succeed()
    pipeline.refresh_from_db()
    assert pipeline.status == "failed"


def test_a_commit_that_asks_for_no_run_makes_no_environment(cast: Cast) -> None:
    sha = runners.push_file(cast.app, REVIEW, message="Nothing to do [skip ci]")
    start_for_push(project=cast.app, ref="refs/heads/main", old="0" * 40, new=sha, user=cast.developer)
    assert Pipeline.objects.get().status == "skipped"
    assert not Environment.objects.exists()


def test_the_address_may_come_from_the_jobs_own_report(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, "a: {script: [x], environment: {name: a, url: $WHERE}}")
    work = runners.runner(cast.app).work()
    JobArtifact.objects.create(
        job_id=work.id, file_type="dotenv", file_format="gzip", filename=".env", size=1,
        report=[{"key": "WHERE", "value": "https://found.example.org"}],
    )  # fmt: skip
    work.succeed()
    assert Environment.objects.get().external_url == "https://found.example.org"


@pytest.mark.one_case
@pytest.mark.parametrize("url", ["javascript:alert(1)", "nowhere", "https://" + "x" * 300, "$CI_ENVIRONMENT_URL"])
def test_an_address_that_turns_out_unfit_is_left_out(cast: Cast, url: str) -> None:
    given = [{"key": "WHERE", "value": url, "variable_type": "env_var"}]
    text = "a: {script: [x], environment: {name: a, url: $WHERE}}"
    environment, _ = deploy(cast, text, variables=given)
    assert (environment.external_url, environment.state) == ("", "available")
    assert Job.objects.get().status == "success"


def test_a_masked_variable_does_not_show_in_an_address(cast: Cast) -> None:
    create_variable(project=cast.app, by=cast.maintainer, key="SECRET", value="hidden-as-such", masked=True)
    text = "a: {script: [x], environment: {name: a, url: 'https://x.example.org/$SECRET'}}"
    assert deploy(cast, text)[0].external_url == "https://x.example.org/"


def test_a_failed_deployment_changes_nothing(cast: Cast) -> None:
    environment, runner = deploy(cast)
    until = environment.auto_stop_at
    runners.pipeline(cast.app, cast.developer, REVIEW.replace("example.org", "example.com"))
    runner.work().fail()
    assert (again(environment).auto_stop_at, environment.external_url[-3:]) == (until, "org")
    assert [one.status for one in Deployment.objects.all()] == ["success", "failed"]


def test_a_file_that_no_longer_says_when_to_stop_lets_it_stay(cast: Cast) -> None:
    environment, runner = deploy(cast)
    runners.pipeline(cast.app, cast.developer, REVIEW.replace("auto_stop_in: 2 days", "auto_stop_in: never"))
    runner.work().succeed()
    assert again(environment).auto_stop_at is None


@pytest.mark.parametrize(("action", "longer"), [("access", True), ("prepare", True), ("verify", False)])
def test_using_an_environment_makes_its_time_start_anew(cast: Cast, action: str, longer: bool) -> None:
    environment, runner = deploy(cast)
    more = ", auto_stop_in: 9 days" if longer else ""
    text = f"a: {{script: [x], environment: {{name: review/main, action: {action}{more}}}}}"
    runners.pipeline(cast.app, cast.developer, text)
    work = runner.work()
    assert work.variables["CI_ENVIRONMENT_ACTION"] == action
    work.succeed()
    left = again(environment).auto_stop_at - timezone.now()  # type: ignore[operator]
    assert (left > timedelta(days=3)) is longer
    assert Deployment.objects.count() == 1


def test_two_pipelines_of_which_the_other_was_faster(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one had not seen it when it looked."""
    known = create_environment(project=cast.app, by=cast.developer, name="review/main")
    monkeypatch.setattr("jobs.environments.services.Environment.objects.filter", lambda **_: [])
    runners.pipeline(cast.app, cast.developer, REVIEW)
    monkeypatch.undo()
    assert {job.environment for job in Job.objects.all()} == {known}


def test_a_job_makes_its_environment_anew_when_that_was_deleted(cast: Cast) -> None:
    text = "a: {script: [x], environment: {name: a}}\nb: {script: [x], when: manual, environment: {name: a}}"
    environment, runner = deploy(cast, text)
    for again_by in ("play", "retry"):
        stop_environment(environment, by=cast.developer)
        delete_environment(environment, by=cast.developer)
        assert not Deployment.objects.exists()
        if again_by == "play":
            play_job(Job.objects.get(name="b"), by=cast.developer)
        else:
            retry_job(Job.objects.get(name="a"), by=cast.developer)
        runner.work().succeed()
        environment = Environment.objects.get()
        assert (environment.state, Deployment.objects.get().status) == ("available", "success")


def test_a_job_whose_environment_cannot_be_made_anew_is_not_played(cast: Cast) -> None:
    """Its variables would be those of the environment, but nothing would tell that it deployed there."""
    text = "a: {script: [x], environment: {name: x-}}\nb: {script: [x], when: manual, environment: {name: x-}}"
    environment, runner = deploy(cast, text)
    stop_environment(environment, by=cast.developer)
    delete_environment(environment, by=cast.developer)
    environment_services.create_environment(
        project=cast.app, by=cast.developer, name="x"
    )  # with the other's short name
    with pytest.raises(InvalidJobState):
        play_job(Job.objects.get(name="b"), by=cast.developer)
    assert (Job.objects.get(name="b").status, runner.take()) == ("manual", None)


def test_what_is_still_there_is_not_deleted(cast: Cast) -> None:
    environment, _ = deploy(cast)
    with pytest.raises(NotStopped):
        delete_environment(environment, by=cast.developer)
    stop_environment(environment, by=cast.developer)
    with pytest.raises(NotStopped):
        delete_environment(environment, by=cast.developer)
