"""Environments: made, deployed to, used and stopped by jobs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from jobs import services
from jobs.environment_names import fault_of_name, fault_of_url, slug_of
from jobs.models import Deployment, Environment, Job, JobArtifact, Pipeline
from jobs.services import auto_stop
from jobs.services.environments import create_environment
from jobs.services.housekeeping import tidy_up
from jobs.services.stopping import stop_environment
from projects.models import Project
from projects.repository import Repository
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.people import person
from tests.support.client import Api
from tests.support.runner import FakeRunner
from tokenaccess.policy.levels import Role

REVIEW = """
stages: [deploy, test, clean]
deploy:
  stage: deploy
  script: [make deploy]
  environment:
    name: review/$CI_COMMIT_REF_NAME
    url: https://$CI_ENVIRONMENT_SLUG.example.org
    on_stop: stop
    auto_stop_in: 2 days
stop:
  stage: deploy
  script: [make clean]
  when: manual
  environment: {name: review/$CI_COMMIT_REF_NAME, action: stop}
"""


def deployed(cast: Cast, yaml: str = REVIEW, **more: Any) -> tuple[Environment, FakeRunner]:
    """What the only automatic job of the pipeline has deployed, and a runner for what follows."""
    runners.pipeline(cast.app, cast.developer, yaml, **more)
    runner = runners.runner(cast.app)
    runner.work().succeed()
    return Environment.objects.get(), runner


def again(environment: Environment) -> Environment:
    environment.refresh_from_db()
    return environment


# --- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("production", "production"),
        ("review/main", "review-main-yi2y9f"),
        ("Review", "review-wod5hu"),
        ("1a", "env-1a-wazbdx"),
        ("a" * 30, "aaaaaaaaaaaaaaaaa-16ttu2"),
        ("x-", "x"),
    ],
)
def test_the_short_name_of_an_environment(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@pytest.mark.parametrize("name", ["", " ", "/a", "a/", "a!b", "ä", "a\n", "a\0", "a" * 256])
def test_what_is_no_name(name: str) -> None:
    assert fault_of_name(name)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JavaScript://x/%0aalert(1)", "data:text/html,x", "ftp://x", "//x", "x", "http://",
        "https:///x",
        "https://a b", "https://x/\n", "https://[", "https://x:99999", 'https://x/"onclick=', "http:\\\\x",
        " https://x", "https://" + "x" * 250,
    ],
)  # fmt: skip
def test_an_address_nobody_is_sent_to(url: str) -> None:
    assert fault_of_url(url)


def test_an_address_of_the_web_is_fine() -> None:
    assert not fault_of_url("https://app.example.org:8443/a?b=c#d")


# --- Made and deployed to ---------------------------------------------------------------------------------------------


def test_a_whole_life(cast: Cast) -> None:
    environment, runner = deployed(cast)
    assert (environment.name, environment.slug) == ("review/main", "review-main-yi2y9f")
    assert environment.external_url == "https://review-main-yi2y9f.example.org"
    assert (environment.state, environment.tier) == ("available", "development")
    assert environment.auto_stop_at is not None
    assert timedelta(days=1) < environment.auto_stop_at - timezone.now() <= timedelta(days=2)
    deployment = Deployment.objects.get()
    assert (deployment.status, deployment.iid, deployment.job.name) == ("success", 1, "deploy")

    assert tidy_up()["environments were stopped"] == 0
    Environment.objects.update(auto_stop_at=timezone.now())
    assert tidy_up()["environments were stopped"] == 1
    assert tidy_up()["environments were stopped"] == 0
    assert again(environment).state == "stopping"
    work = runner.work()
    assert work.payload["job_info"]["name"] == "stop"
    assert work.variables["CI_ENVIRONMENT_ID"] == str(environment.pk)
    assert (work.variables["CI_ENVIRONMENT_ACTION"], work.variables["GITLAB_USER_LOGIN"]) == ("stop", "developer")
    assert Api(job=work.token).get("/job").json()["user"]["username"] == "developer"
    work.succeed()
    assert (again(environment).state, environment.auto_stop_at) == ("stopped", None)
    assert Deployment.objects.count() == 1


def test_each_pipeline_serves_the_same_environment_and_stops_what_it_started_itself(cast: Cast) -> None:
    environment, runner = deployed(cast)
    second = runners.pipeline(cast.app, cast.maintainer, REVIEW.replace("make clean", "make clean2"))
    runner.work().succeed()
    assert list(Deployment.objects.values_list("iid", flat=True)) == [1, 2]
    stop_environment(environment, by=cast.developer)
    assert runner.work().payload["job_info"]["pipeline_id"] == second.pk


def test_a_stopped_environment_is_deployed_to_again_and_may_be_stopped_again(cast: Cast) -> None:
    environment, runner = deployed(cast)
    stop_environment(environment, by=cast.developer)
    runner.work().succeed()
    services.retry_job(Job.objects.get(name="deploy"), by=cast.maintainer)
    runner.work().succeed()
    assert again(environment).state == "available"
    stop_environment(environment, by=cast.developer)
    work = runner.work()
    assert (work.payload["job_info"]["name"], work.variables["GITLAB_USER_LOGIN"]) == ("stop", "developer")
    work.succeed()
    assert again(environment).state == "stopped"


@pytest.mark.parametrize("name", ["review/$NOTHING", "$NOTHING", "a/$SECRET"])
def test_a_name_that_comes_to_nothing_fails_its_job(cast: Cast, name: str) -> None:
    services.create_variable(project=cast.app, by=cast.maintainer, key="SECRET", value="hidden-as-such", masked=True)
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
    services.start_for_push(project=cast.app, ref="refs/heads/main", old="0" * 40, new=sha, user=cast.developer)
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


@pytest.mark.parametrize("url", ["javascript:alert(1)", "nowhere", "https://" + "x" * 300, "$CI_ENVIRONMENT_URL"])
def test_an_address_that_turns_out_unfit_is_left_out(cast: Cast, url: str) -> None:
    given = [{"key": "WHERE", "value": url, "variable_type": "env_var"}]
    text = "a: {script: [x], environment: {name: a, url: $WHERE}}"
    environment, _ = deployed(cast, text, variables=given)
    assert (environment.external_url, environment.state) == ("", "available")
    assert Job.objects.get().status == "success"


def test_a_masked_variable_does_not_show_in_an_address(cast: Cast) -> None:
    services.create_variable(project=cast.app, by=cast.maintainer, key="SECRET", value="hidden-as-such", masked=True)
    text = "a: {script: [x], environment: {name: a, url: 'https://x.example.org/$SECRET'}}"
    assert deployed(cast, text)[0].external_url == "https://x.example.org/"


def test_a_failed_deployment_changes_nothing(cast: Cast) -> None:
    environment, runner = deployed(cast)
    until = environment.auto_stop_at
    runners.pipeline(cast.app, cast.developer, REVIEW.replace("example.org", "example.com"))
    runner.work().fail()
    assert (again(environment).auto_stop_at, environment.external_url[-3:]) == (until, "org")
    assert [one.status for one in Deployment.objects.all()] == ["success", "failed"]


def test_a_file_that_no_longer_says_when_to_stop_lets_it_stay(cast: Cast) -> None:
    environment, runner = deployed(cast)
    runners.pipeline(cast.app, cast.developer, REVIEW.replace("auto_stop_in: 2 days", "auto_stop_in: never"))
    runner.work().succeed()
    assert again(environment).auto_stop_at is None


@pytest.mark.parametrize(("action", "longer"), [("access", True), ("prepare", True), ("verify", False)])
def test_using_it_makes_its_time_start_anew(cast: Cast, action: str, longer: bool) -> None:
    environment, runner = deployed(cast)
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
    monkeypatch.setattr("jobs.services.environments.Environment.objects.filter", lambda **_: [])
    runners.pipeline(cast.app, cast.developer, REVIEW)
    monkeypatch.undo()
    assert {job.environment for job in Job.objects.all()} == {known}


def test_a_job_makes_its_environment_anew_when_that_was_deleted(cast: Cast) -> None:
    text = "a: {script: [x], environment: {name: a}}\nb: {script: [x], when: manual, environment: {name: a}}"
    environment, runner = deployed(cast, text)
    for again_by in ("play", "retry"):
        stop_environment(environment, by=cast.developer)
        services.delete_environment(environment, by=cast.developer)
        assert not Deployment.objects.exists()
        if again_by == "play":
            services.play_job(Job.objects.get(name="b"), by=cast.developer)
        else:
            services.retry_job(Job.objects.get(name="a"), by=cast.developer)
        runner.work().succeed()
        environment = Environment.objects.get()
        assert (environment.state, Deployment.objects.get().status) == ("available", "success")


def test_what_is_still_there_is_not_deleted(cast: Cast) -> None:
    environment, _ = deployed(cast)
    with pytest.raises(services.NotStopped):
        services.delete_environment(environment, by=cast.developer)
    stop_environment(environment, by=cast.developer)
    with pytest.raises(services.NotStopped):
        services.delete_environment(environment, by=cast.developer)


# --- Stopped ----------------------------------------------------------------------------------------------------------


def test_without_a_stop_job_it_is_stopped_at_once(cast: Cast) -> None:
    environment, runner = deployed(cast, "a: {script: [x], environment: {name: a}}")
    assert stop_environment(environment, by=cast.developer)
    assert again(environment).state == "stopped"
    assert runner.take() is None
    event = AuditEvent.objects.get(event="environment_stopped")
    assert (event.actor_name, event.target_path) == ("developer", "acme/app")


def test_with_force_its_stop_job_is_left_alone(cast: Cast) -> None:
    environment, runner = deployed(cast)
    assert stop_environment(environment, by=cast.developer, force=True)
    assert again(environment).state == "stopped"
    assert runner.take() is None


def test_two_stops_play_the_job_once(cast: Cast) -> None:
    environment, runner = deployed(cast)
    assert stop_environment(environment, by=cast.developer)
    assert not stop_environment(environment, by=cast.maintainer)
    assert runner.work().variables["GITLAB_USER_LOGIN"] == "developer"
    assert runner.take() is None


@pytest.mark.parametrize("end", ["fail", "cancel"])
def test_a_stop_job_that_comes_to_nothing_leaves_it_available(cast: Cast, end: str) -> None:
    environment, runner = deployed(cast)
    stop_environment(environment, by=cast.developer)
    job = Job.objects.get(name="stop")
    if end == "fail":
        runner.work().fail()
    else:
        services.cancel_job(job)
    assert again(environment).state == "available"
    assert environment.problem.startswith(f"Job #{job.pk} stop was to stop it")
    stop_environment(environment, by=cast.developer)
    assert runner.work().payload["job_info"]["name"] == "stop"


def test_a_stop_job_that_is_tried_again_by_itself_keeps_it_stopping(cast: Cast) -> None:
    environment, runner = deployed(cast, REVIEW.replace("when: manual", "when: manual\n  retry: 1"))
    stop_environment(environment, by=cast.developer)
    runner.work().fail()
    assert again(environment).state == "stopping"
    runner.work().succeed()
    assert again(environment).state == "stopped"


def test_a_stop_job_of_a_later_stage_goes_though_the_pipeline_has_failed(cast: Cast) -> None:
    later = REVIEW.replace("stop:\n  stage: deploy", "check:\n  stage: test\n  script: [x]\nstop:\n  stage: clean")
    environment, runner = deployed(cast, later)
    stop_environment(environment, by=cast.developer)
    assert {runner.work().payload["job_info"]["name"] for _ in range(2)} == {"check", "stop"}


def test_one_that_was_skipped_goes_as_well(cast: Cast) -> None:
    later = REVIEW.replace("stop:\n  stage: deploy", "check:\n  stage: test\n  script: [x]\nstop:\n  stage: clean")
    environment, runner = deployed(cast, later)
    runner.work().fail()
    assert Job.objects.get(name="stop").status == "skipped"
    stop_environment(environment, by=cast.developer)
    runner.work().succeed()
    assert again(environment).state == "stopped"


def test_playing_the_stop_job_itself_stops_as_well(cast: Cast) -> None:
    environment, runner = deployed(cast)
    services.play_job(Job.objects.get(name="stop"), by=cast.developer)
    runner.work().succeed()
    assert again(environment).state == "stopped"


def test_a_stop_job_that_was_deleted_does_not_hold_it_for_ever(cast: Cast) -> None:
    environment, _ = deployed(cast)
    stop_environment(environment, by=cast.developer)
    services.delete_pipeline(Pipeline.objects.get(), by=cast.owner)
    assert tidy_up()["environments were not stopped after all"] == 0
    assert tidy_up(timezone.now() + timedelta(hours=1))["environments were not stopped after all"] == 1
    assert (again(environment).state, environment.problem) == ("available", "The job that was to stop it is gone.")


def test_one_that_is_still_being_stopped_is_left_alone(cast: Cast) -> None:
    environment, _ = deployed(cast)
    stop_environment(environment, by=cast.developer)
    assert auto_stop.reopen(timezone.now() + timedelta(hours=1)) == 0
    assert again(environment).state == "stopping"


# --- By itself --------------------------------------------------------------------------------------------------------


def late() -> int:
    return auto_stop.stop_due(timezone.now() + timedelta(days=3))


def test_another_machine_may_have_stopped_it_already(cast: Cast) -> None:
    _, runner = deployed(cast)
    seen = Environment.objects.select_related("project").get()
    assert late() == 1
    assert not auto_stop._stop_late(seen, timezone.now() + timedelta(days=3))
    assert runner.take() is not None
    assert runner.take() is None


def test_one_that_was_deployed_to_meanwhile_stays(cast: Cast) -> None:
    environment, _ = deployed(cast)
    then = timezone.now() + timedelta(days=3)
    seen = Environment.objects.select_related("project").get()
    Environment.objects.update(auto_stop_at=then + timedelta(days=2))
    assert not auto_stop._stop_late(seen, then)
    assert again(environment).state == "available"


def blocked(cast: Cast) -> None:
    cast.developer.is_active = False
    cast.developer.save()


def gone(cast: Cast) -> None:
    Job.objects.update(user=None)


def removed(cast: Cast) -> None:
    from projects import services as project_services
    from projects.models import Membership

    project_services.remove_member(Membership.objects.get(user=cast.developer, project=cast.app), by=cast.owner)


def kept_out(cast: Cast) -> None:
    cast.app.protected_refs.update(push_level=Role.MAINTAINER, merge_level=Role.MAINTAINER)


@pytest.mark.parametrize(
    ("happens", "told"),
    [
        (blocked, "developer, as whom it would be stopped, is blocked."),
        (gone, "The account it would be stopped as is gone."),
        (removed, "developer, as whom it would be stopped, may not stop environments here any longer."),
        (kept_out, "developer, as whom it would be stopped, may not run jobs on the protected ref it came from."),
    ],
)
def test_nothing_runs_with_rights_that_are_nobodys_any_longer(cast: Cast, happens: Any, told: str) -> None:
    environment, runner = deployed(cast)
    happens(cast)
    assert late() == 0
    assert runner.take() is None
    assert (again(environment).state, environment.problem) == ("available", told)
    assert environment.auto_stop_at is not None  # its time is not over by today's clock
    assert told in AuditEvent.objects.get(event="environment_not_stopped").message


def test_what_could_not_be_stopped_is_not_tried_for_ever(cast: Cast) -> None:
    environment, _ = deployed(cast)
    Environment.objects.update(auto_stop_at=timezone.now() - timedelta(minutes=1))
    blocked(cast)
    auto_stop.stop_due(timezone.now())
    auto_stop.stop_due(timezone.now())
    assert again(environment).auto_stop_at is None
    assert AuditEvent.objects.filter(event="environment_not_stopped").count() == 1


def test_one_without_a_stop_job_ends_with_its_time_whoever_it_was(cast: Cast) -> None:
    environment, _ = deployed(cast, "a: {script: [x], environment: {name: a, auto_stop_in: 1 day}}")
    blocked(cast)
    assert late() == 1
    assert again(environment).state == "stopped"


# --- A branch is gone -------------------------------------------------------------------------------------------------


def deployed_from_topic(cast: Cast) -> tuple[Environment, FakeRunner]:
    runners.push_file(cast.app, REVIEW, branch="topic")
    request = services.Request(project=cast.app, ref="topic", user=cast.developer, source="api")
    services.create_pipeline(request)
    runner = runners.runner(cast.app)
    runner.work().succeed()
    return Environment.objects.get(name="review/topic"), runner


def delete_branch(project: Project, user: Any, name: str = "topic") -> None:
    sha = Repository(project.repository_path).branch(name)
    auto_stop.stop_for_branch(
        project=project, ref=f"refs/heads/{name}", old=str(sha and sha.sha), new="0" * 40, user=user
    )


def test_what_a_deleted_branch_has_deployed_is_stopped_as_who_deleted_it(cast: Cast) -> None:
    environment, runner = deployed_from_topic(cast)
    delete_branch(cast.app, cast.maintainer)
    assert again(environment).state == "stopping"
    assert runner.work().variables["GITLAB_USER_LOGIN"] == "maintainer"


def test_another_branchs_stay(cast: Cast) -> None:
    environment, _ = deployed_from_topic(cast)
    delete_branch(cast.app, cast.maintainer, "main")
    auto_stop.stop_for_branch(project=cast.app, ref="refs/tags/topic", old="1" * 40, new="0" * 40, user=cast.maintainer)
    auto_stop.stop_for_branch(
        project=cast.app, ref="refs/heads/topic", old="1" * 40, new="2" * 40, user=cast.maintainer
    )
    assert again(environment).state == "available"


def test_what_came_from_somewhere_else_since_stays(cast: Cast) -> None:
    runners.push_file(cast.app, REVIEW)
    environment, runner = deployed_from_topic(cast)
    runners.pipeline(cast.app, cast.developer, REVIEW.replace("review/$CI_COMMIT_REF_NAME", "review/topic"))
    runner.work().succeed()
    delete_branch(cast.app, cast.maintainer)
    assert again(environment).state == "available"


def test_who_may_delete_a_branch_but_not_stop_is_told(cast: Cast) -> None:
    environment, runner = deployed_from_topic(cast)
    until = environment.auto_stop_at
    delete_branch(cast.app, person("passer_by"))
    assert (again(environment).state, environment.auto_stop_at) == ("available", until)
    assert environment.problem.startswith("passer_by, as whom it would be stopped")
    assert runner.take() is None
