"""Jobs that start pipelines: of other projects, and children of their own (runner.md §8.6 `trigger`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import User
from jobs import housekeeping, signals
from jobs.environments.stopping import stop_environment
from jobs.models import Environment, Job, Pipeline
from jobs.pipelines.bridges import start_downstream
from jobs.pipelines.job_actions import InvalidJobState, cancel_job, play_job, retry_job
from jobs.pipelines.plan import InvalidConfigFile, PipelineRequest
from jobs.pipelines.services import cancel_pipeline, create_pipeline, retry_pipeline
from jobs.variables.services import create_variable
from tests.factories import projects, runners
from tests.factories.cast import Cast
from tests.support.signals import without_receivers
from tokenaccess.policy.levels import Role

# What a bridge does begins after the commit.
pytestmark = pytest.mark.django_db(transaction=True)

BRIDGE = "start: {trigger: {project: acme/library}}"
WAITING = "start: {trigger: {project: acme/library, strategy: depend}}"
LAST = "last: {stage: deploy, script: [x]}"
CHILD = "start: {trigger: {include: child.yml, strategy: depend}}"


def below(pipeline: Pipeline) -> Pipeline:
    return Pipeline.objects.get(started_by_job__pipeline=pipeline)


def bridge(pipeline: Pipeline) -> Job:
    return pipeline.jobs.get(name="start", retried=False)


@pytest.fixture
def target(cast: Cast) -> Cast:
    runners.push_file(cast.library, runners.SIMPLE)
    return cast


def test_a_bridge_starts_a_pipeline_elsewhere_as_its_person(target: Cast) -> None:
    pipeline = runners.pipeline(target.app, target.developer, f"variables: {{WHERE: $CI_PROJECT_NAME}}\n{BRIDGE}")
    other = below(pipeline)
    assert (other.project, other.source, other.user) == (target.library, "pipeline", target.developer)
    assert bridge(pipeline).status == "success"
    pipeline.refresh_from_db()
    assert pipeline.status == "success"
    assert runners.runner(target.library).work().variables["WHERE"] == "app"


def test_a_bridge_that_depends_waits_and_ends_as_the_other_does(target: Cast) -> None:
    for end, status in ((lambda work: work.succeed(), "success"), (lambda work: work.fail(), "failed")):
        pipeline = runners.pipeline(target.app, target.developer, WAITING)
        assert bridge(pipeline).status == "running"
        end(runners.runner(target.library).work())
        assert bridge(pipeline).status == status
        pipeline.refresh_from_db()
        assert pipeline.status == status


def test_cancelling_a_bridge_cancels_what_it_waits_for_and_the_other_way_round(target: Cast) -> None:
    pipeline = runners.pipeline(target.app, target.developer, WAITING)
    cancel_pipeline(pipeline)
    assert below(pipeline).status == "canceled"
    pipeline = runners.pipeline(target.app, target.developer, WAITING)
    cancel_pipeline(below(pipeline))
    assert bridge(pipeline).status == "canceled"


def test_a_bridge_runs_again_when_the_pipeline_it_waits_for_does(target: Cast) -> None:
    """And so does what was skipped because of it."""
    later = "after: {stage: deploy, script: [x]}"
    pipeline = runners.pipeline(target.app, target.developer, f"{WAITING}\n{later}")
    runner = runners.runner(target.library)
    runner.work().fail()
    assert (bridge(pipeline).status, pipeline.jobs.get(name="after").status) == ("failed", "skipped")
    retry_pipeline(below(pipeline), by=target.maintainer)
    assert (bridge(pipeline).status, bridge(pipeline).failure_reason) == ("running", "")
    assert bridge(pipeline).finished_at is None
    assert pipeline.jobs.get(name="after").status == "created"
    pipeline.refresh_from_db()
    assert (pipeline.status, pipeline.finished_at) == ("running", None)
    runner.work().succeed()
    after = pipeline.jobs.get(name="after")
    assert (bridge(pipeline).status, after.status, after.user) == ("success", "pending", target.developer)


def test_a_retried_job_below_may_fail_the_bridge_afterwards(target: Cast) -> None:
    pipeline = runners.pipeline(target.app, target.developer, WAITING)
    runner = runners.runner(target.library)
    runner.work().succeed()
    retry_job(below(pipeline).jobs.get(), by=target.developer)
    assert bridge(pipeline).status == "running"
    runner.work().fail()
    pipeline.refresh_from_db()
    assert (bridge(pipeline).status, pipeline.status) == ("failed", "failed")


def test_a_pipeline_run_again_is_felt_all_the_way_up(target: Cast) -> None:
    top = projects.project("top", group=target.acme, by=target.owner)
    projects.members({target.developer: Role.DEVELOPER}, top)
    runners.push_file(target.app, WAITING)
    pipeline = runners.pipeline(top, target.developer, "start: {trigger: {project: acme/app, strategy: depend}}")
    runner = runners.runner(target.library)
    runner.work().fail()
    assert bridge(pipeline).status == "failed"
    retry_pipeline(below(below(pipeline)), by=target.developer)
    assert [bridge(one).status for one in (pipeline, below(pipeline))] == ["running", "running"]
    runner.work().succeed()
    assert [bridge(one).status for one in (pipeline, below(pipeline))] == ["success", "success"]


def test_a_bridge_that_does_not_wait_or_was_run_again_stays_as_it_ended(target: Cast) -> None:
    pipeline = runners.pipeline(target.app, target.developer, BRIDGE)
    runner = runners.runner(target.library)
    runner.work().fail()
    retry_pipeline(below(pipeline), by=target.developer)
    assert bridge(pipeline).status == "success"
    runner.work().succeed()
    pipeline = runners.pipeline(target.app, target.developer, WAITING)
    first, other = bridge(pipeline), below(pipeline)
    runner.work().fail()
    retry_job(first, by=target.developer)
    retry_pipeline(other, by=target.developer)
    first.refresh_from_db()
    assert (first.status, bridge(pipeline).status) == ("failed", "running")


def test_a_cancelled_bridge_stays_so_until_the_other_pipeline_is_run_again(target: Cast) -> None:
    runners.push_file(target.library, "test: {script: [x]}\nlast: {script: [x]}")
    pipeline = runners.pipeline(target.app, target.developer, WAITING)
    runner = runners.runner(target.library)
    runner.work().fail()
    cancel_job(bridge(pipeline))
    assert (bridge(pipeline).status, below(pipeline).status) == ("canceled", "failed")
    retry_pipeline(below(pipeline), by=target.developer)
    assert bridge(pipeline).status == "running"
    for _ in range(2):
        runner.work().succeed()
    assert bridge(pipeline).status == "success"


def test_the_clean_up_tells_a_bridge_that_has_not_noticed(target: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = runners.pipeline(target.app, target.developer, WAITING)
    runners.runner(target.library).work().fail()
    without_receivers(monkeypatch, signals.downstream_changed)  # the server stops right after the commit
    retry_pipeline(below(pipeline), by=target.developer)
    assert bridge(pipeline).status == "failed"
    housekeeping.recover_bridges(timezone.now())
    assert bridge(pipeline).status == "failed"
    housekeeping.recover_bridges(timezone.now() + timedelta(minutes=2))
    assert bridge(pipeline).status == "running"


@pytest.mark.parametrize("who", ["reporter", "outsider"])
def test_the_gate_decides_for_the_person(target: Cast, who: str) -> None:
    person = getattr(target, who)
    target.app.protected_refs.all().delete()  # or its own pipeline would be refused
    pipeline = runners.pipeline(target.app, person, BRIDGE)
    found = bridge(pipeline)
    assert (found.status, found.failure_reason) == ("failed", "downstream_pipeline_creation_failed")
    assert found.options["refused"] == [f"There is no project acme/library, or {who} may not run pipelines there"]
    assert not Pipeline.objects.filter(project=target.library).exists()


def test_an_absent_project_looks_the_same(target: Cast) -> None:
    pipeline = runners.pipeline(target.app, target.developer, "start: {trigger: acme/nothing}")
    assert "There is no project acme/nothing, or" in bridge(pipeline).options["refused"][0]


def test_a_blocked_persons_bridge_starts_nothing(target: Cast) -> None:
    target.app.protected_refs.all().delete()  # or it could not even be played
    pipeline = runners.pipeline(
        target.app, target.developer, "start: {trigger: acme/library, when: manual, allow_failure: false}"
    )
    target.developer.is_active = False
    target.developer.save()
    play_job(bridge(pipeline), by=target.developer)
    assert bridge(pipeline).status == "failed"


def test_a_played_bridge_runs_as_who_played_it(target: Cast) -> None:
    pipeline = runners.pipeline(target.app, target.developer, "start: {trigger: acme/library, when: manual}")
    assert bridge(pipeline).status == "manual"
    play_job(bridge(pipeline), by=target.maintainer)
    assert below(pipeline).user == target.maintainer


def test_a_child_pipeline_runs_a_file_of_the_same_commit(cast: Cast) -> None:
    projects.commit(cast.app, {"child.yml": "inner: {script: [x]}"})
    pipeline = runners.pipeline(cast.app, cast.developer, CHILD)
    child = below(pipeline)
    assert (child.project, child.source, child.sha, child.ref) == (
        cast.app, "parent_pipeline", pipeline.sha, pipeline.ref,
    )  # fmt: skip
    work = runners.runner(cast.app).work()
    assert (work.payload["job_info"]["name"], work.variables["CI_PIPELINE_SOURCE"]) == ("inner", "parent_pipeline")
    work.succeed()
    pipeline.refresh_from_db()
    assert pipeline.status == "success"


def test_children_are_listed_only_when_asked_for(cast: Cast, api: Any) -> None:
    projects.commit(cast.app, {"child.yml": "inner: {script: [x]}"})
    pipeline = runners.pipeline(cast.app, cast.developer, CHILD)
    client, at = api(cast.developer), f"/projects/{cast.app.pk}/pipelines"
    assert [one["id"] for one in client.get(at).json()] == [pipeline.pk]
    assert client.get(f"{at}/latest").json()["id"] == pipeline.pk
    assert [one["id"] for one in client.get(f"{at}?source=parent_pipeline").json()] == [below(pipeline).pk]


def test_a_child_without_its_file_fails_the_bridge_with_the_reason(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, CHILD)
    assert bridge(pipeline).status == "failed"
    assert "child.yml" in bridge(pipeline).options["refused"][0]


def test_the_depth_of_child_pipelines_is_limited(cast: Cast) -> None:
    projects.commit(cast.app, {"child.yml": "start: {trigger: {include: child.yml}}"})
    runners.pipeline(cast.app, cast.developer, CHILD)
    assert Pipeline.objects.filter(source="parent_pipeline").count() == 2
    assert "2 deep already" in Job.objects.get(status="failed", options__has_key="refused").options["refused"][0]


def test_a_circle_of_projects_is_noticed(target: Cast) -> None:
    runners.push_file(target.library, "start: {trigger: acme/app}")
    runners.pipeline(target.app, target.developer, BRIDGE)
    assert Pipeline.objects.count() == 2
    last = Job.objects.get(project=target.library)
    assert last.options["refused"] == ["acme/app on main has started this chain of pipelines already"]


def test_a_bridge_does_its_work_once(target: Cast) -> None:
    pipeline = runners.pipeline(target.app, target.developer, WAITING)
    start_downstream(bridge(pipeline).pk)
    assert Pipeline.objects.filter(project=target.library).count() == 1


def test_a_retried_bridge_starts_another_pipeline(target: Cast) -> None:
    pipeline = runners.pipeline(target.app, target.developer, BRIDGE)
    retry_job(bridge(pipeline), by=target.maintainer)
    assert [one.user for one in Pipeline.objects.filter(project=target.library).order_by("id")] == [
        target.developer, target.maintainer,
    ]  # fmt: skip


def test_the_requests_variables_are_forwarded_when_asked(target: Cast) -> None:
    forward = "{yaml_variables: %s, pipeline_variables: %s}"
    yaml = f"start: {{variables: {{A: x}}, trigger: {{project: acme/library, forward: {forward}}}}}"
    asked: Any = [{"key": "B", "value": "y", "variable_type": "env_var"}]
    for yaml_too, request_too, keys in (("true", "false", ["A"]), ("false", "true", ["B"])):
        pipeline = runners.pipeline(target.app, target.developer, yaml % (yaml_too, request_too), variables=asked)
        assert [one["key"] for one in below(pipeline).variables] == keys


def test_a_bridge_deploys_to_its_environment(target: Cast, api: Any) -> None:
    deploying = "start: {trigger: {project: acme/library, strategy: depend}, environment: {name: production, url: $AT}}"
    runners.pipeline(target.app, target.developer, f"variables: {{AT: 'https://$CI_PROJECT_NAME.test'}}\n{deploying}")
    deployments = f"/projects/{target.app.pk}/deployments"
    (one,) = api(target.developer).get(deployments).json()
    assert (one["status"], one["deployable"]["name"], one["environment"]["name"]) == ("running", "start", "production")
    runners.runner(target.library).work().succeed()
    assert api(target.developer).get(deployments).json()[0]["status"] == "success"
    environment = Environment.objects.get()
    assert (environment.state, environment.external_url) == ("available", "https://app.test")
    page = Client()
    page.force_login(target.developer)
    shown = page.get(f"/acme/app/-/environments/{environment.pk}").content.decode()
    assert "start" in shown


def test_a_bridge_stops_an_environment(target: Cast) -> None:
    go = "go: {stage: build, script: [x], environment: {name: review, on_stop: start}}"
    stop = "start: {trigger: {project: acme/library}, environment: {name: review, action: stop}, when: manual}"
    runners.pipeline(target.app, target.developer, f"{go}\n{stop}")
    runners.runner(target.app).work().succeed()
    stop_environment(Environment.objects.get(), by=target.developer)
    assert Environment.objects.get().state == "stopped"
    assert Pipeline.objects.filter(project=target.library, source="pipeline").exists()


def test_bridges_are_listed_apart_from_jobs(target: Cast, api: Any) -> None:
    pipeline = runners.pipeline(target.app, target.developer, BRIDGE)
    client, at = api(target.developer), f"/projects/{target.app.pk}/pipelines/{pipeline.pk}"
    assert client.get(f"{at}/jobs").json() == []
    assert client.get(f"/projects/{target.app.pk}/jobs").json() == []
    found = client.get(f"{at}/bridges").json()
    assert [(one["name"], one["downstream_pipeline"]["id"]) for one in found] == [("start", below(pipeline).pk)]
    stranger = projects.member(target.outsider, target.app, Role.DEVELOPER)
    assert api(stranger).get(f"{at}/bridges").json()[0]["downstream_pipeline"] is None


def test_files_of_other_projects_are_included_as_far_as_the_person_may_clone_them(target: Cast) -> None:
    projects.commit(target.library, {"shared.yml": "shared: {script: [x]}"})
    yaml = "include: {project: acme/library, file: shared.yml}\nown: {script: [x]}"
    pipeline = runners.pipeline(target.app, target.developer, yaml)
    assert {job.name for job in pipeline.jobs.all()} == {"shared", "own"}
    target.app.protected_refs.all().delete()  # or these could start nothing
    for person in (target.guest, target.outsider, None):
        with pytest.raises(InvalidConfigFile, match="you may not read it"):
            create_pipeline(PipelineRequest(project=target.app, ref="main", user=person, source="api"))


def test_a_bridge_may_refer_to_itself(cast: Cast) -> None:
    made = runners.pipeline(cast.app, cast.developer, "start: {trigger: {project: nowhere/$CI_JOB_NAME}}")
    assert bridge(made).options["refused"][0].startswith("There is no project nowhere/start")


def test_a_masked_variable_is_not_shown_with_the_project_that_is_not_there(cast: Cast) -> None:
    create_variable(project=cast.app, by=cast.maintainer, key="WHERE", value="hunter2hunter2", masked=True)
    made = runners.pipeline(cast.app, cast.developer, "start: {trigger: {project: acme/$WHERE}}")
    assert bridge(made).options["refused"][0].startswith("There is no project acme/[MASKED], or")


def test_a_mirror_shows_that_the_other_pipeline_waits_for_a_person(target: Cast) -> None:
    runners.push_file(target.library, "ask: {script: [x], when: manual, allow_failure: false}\n" + LAST)
    yaml = "start: {trigger: {project: acme/library, strategy: STRATEGY}}\n" + LAST
    for strategy, waiting in (("depend", "running"), ("mirror", "manual")):
        pipeline = runners.pipeline(target.app, target.developer, yaml.replace("STRATEGY", strategy))
        assert (below(pipeline).status, bridge(pipeline).status) == ("manual", waiting)
        pipeline.refresh_from_db()
        assert pipeline.status == waiting
        with pytest.raises(InvalidJobState):
            play_job(bridge(pipeline), by=target.developer)
        client = Client()
        client.force_login(target.developer)
        for address in (f"pipelines/{pipeline.pk}", f"jobs/{bridge(pipeline).pk}"):
            assert f"/jobs/{bridge(pipeline).pk}/play" not in client.get(f"/acme/app/-/{address}").content.decode()
        play_job(below(pipeline).jobs.get(name="ask"), by=target.developer)
        assert bridge(pipeline).status == "running"
        for _ in range(2):
            runners.runner(target.library).work().succeed()
        assert (bridge(pipeline).status, pipeline.jobs.get(name="last").status) == ("success", "pending")
        cancel_pipeline(pipeline)


def test_a_mirror_that_waits_for_a_person_is_cancelled_with_its_pipeline(target: Cast) -> None:
    runners.push_file(target.library, "ask: {script: [x], when: manual, allow_failure: false}")
    pipeline = runners.pipeline(target.app, target.developer, WAITING.replace("depend", "mirror"))
    for unnoticed in ("running", "manual"):
        Job.objects.filter(pk=bridge(pipeline).pk).update(status=unnoticed)
        housekeeping.recover_bridges(timezone.now())
        assert bridge(pipeline).status == "manual"
    cancel_pipeline(pipeline)
    assert (bridge(pipeline).status, below(pipeline).status) == ("canceled", "canceled")
    pipeline = runners.pipeline(target.app, target.developer, WAITING.replace("depend", "mirror"))
    cancel_pipeline(below(pipeline))
    assert bridge(pipeline).status == "canceled"


def page(job: Job, user: User) -> str:
    client = Client()
    client.force_login(user)
    return " ".join(client.get(f"/acme/app/-/jobs/{job.pk}").content.decode().split())


FOLLOWER = "start: {needs: {pipeline: acme/$WHERE}, variables: {WHERE: library}}\n" + LAST


def test_a_job_takes_over_the_status_of_another_projects_newest_pipeline(target: Cast) -> None:
    for end, status in ((lambda work: work.succeed(), "success"), (lambda work: work.fail(), "failed")):
        runners.pipeline(target.library, target.owner, runners.SIMPLE)
        pipeline = runners.pipeline(target.app, target.developer, FOLLOWER)
        housekeeping.recover_bridges(timezone.now() + timedelta(hours=1))
        assert bridge(pipeline).status == "running"
        end(runners.runner(target.library).work())
        runners.pipeline(target.library, target.owner, runners.SIMPLE)  # a newer one changes nothing
        housekeeping.recover_bridges(timezone.now())
        assert bridge(pipeline).status == status
        assert pipeline.jobs.get(name="last").status == {"success": "pending", "failed": "skipped"}[status]
        shown = page(bridge(pipeline), target.developer)
        assert "This job takes over the result of that pipeline." in shown
        assert ("The upstream pipeline failed." in shown) == (status == "failed")
        cancel_pipeline(Pipeline.objects.filter(project=target.library)[0])
    pipeline = runners.pipeline(target.app, target.developer, FOLLOWER)
    assert bridge(pipeline).status == "canceled"
    assert not pipeline.jobs.filter(downstream__isnull=False).exists()


def test_what_a_person_may_not_see_is_taken_over_no_more_than_what_is_not_there(target: Cast) -> None:
    runners.pipeline(target.library, target.owner, runners.SIMPLE)
    projects.members({target.outsider: Role.DEVELOPER}, target.app)
    for where in ("library", "nothing"):
        pipeline = runners.pipeline(target.app, target.outsider, FOLLOWER.replace("library", where))
        assert (bridge(pipeline).status, bridge(pipeline).failure_reason) == (
            "failed", "downstream_pipeline_creation_failed",
        )  # fmt: skip
        sentence = "There is no pipeline on the default branch of acme/$WHERE, or outsider may not see it"
        assert bridge(pipeline).options["refused"] == [sentence]
        shown = page(bridge(pipeline), target.developer)
        assert f"{sentence}." in shown
        assert "It takes over the result of the newest pipeline of acme/$WHERE." in shown
