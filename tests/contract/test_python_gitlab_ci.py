"""python-gitlab, unchanged, against the real server: pipelines, jobs, triggers and runners."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabError

from tests.contract.world import Someone, World

YAML = "test:\n  script: [make test]\ndeploy:\n  stage: deploy\n  script: [make deploy]\n  when: manual\n"


@pytest.fixture
def connect(world: World) -> Iterator[Any]:
    """`connect(world.maintainer)` → python-gitlab, signed in as somebody."""
    clients = []

    def start(who: Someone) -> Any:
        clients.append(gitlab.Gitlab(world.live.url, private_token=who.token, retry_transient_errors=False))
        return clients[-1]

    yield start
    for client in clients:
        client.session.close()


@pytest.fixture
def app(world: World, connect: Any) -> Any:
    """The app as its maintainer sees it, with a pipeline's file."""
    world.commit(world.app, {".gitlab-ci.yml": YAML, "README.md": "hello"})
    return connect(world.maintainer).projects.get(world.app.path)


def take(world: World, runner_token: str) -> Any:
    request = {"token": runner_token, "system_id": "s_contract", "info": {"features": {}}}
    return world.live.call("POST", "/jobs/request", request, token=None, status=201).json


def test_a_pipeline_is_made_watched_and_run_again(world: World, app: Any, connect: Any):
    pipeline = app.pipelines.create({"ref": "main", "variables": [{"key": "LEVEL", "value": "3"}]})
    assert (pipeline.status, pipeline.source) == ("pending", "api")
    assert [one.key for one in pipeline.variables.list(get_all=True)] == ["LEVEL"]
    assert {job.name: job.status for job in pipeline.jobs.list(get_all=True)} == {
        "test": "pending",
        "deploy": "created",
    }
    pipeline.cancel()
    pipeline.refresh()
    assert pipeline.status == "canceled"
    pipeline.retry()
    pipeline.refresh()
    assert pipeline.status == "pending"
    assert app.pipelines.latest().id == pipeline.id
    with pytest.raises(GitlabError) as refused:
        app.pipelines.create({"ref": "no-such-branch"})
    assert refused.value.response_code == 400
    assert "Reference not found" in str(refused.value)


def test_a_job_is_run_read_played_retried_and_erased(world: World, app: Any):
    token = world.live.make("/user/runners", runner_type="project_type", project_id=app.id)["token"]
    app.pipelines.create({"ref": "main"})
    taken = {}
    for _ in range(2):  # one of the push, one of the request
        work = take(world, token)
        taken[work["id"]] = work["token"]
        world.live.call("PUT", f"/jobs/{work['id']}", {"token": work["token"], "state": "success"}, token=None)
    number, job_token = max(taken.items())
    job = app.jobs.get(number)
    assert (job.status, job.name) == ("success", "test")
    assert job.trace() == b""
    with pytest.raises(GitlabError) as refused:
        job.erase()
    assert refused.value.response_code == 403
    again = job.retry()
    assert again["id"] != number
    assert len(app.jobs.list(get_all=True, scope="pending")) == 1
    deploy = next(one for one in app.jobs.list(get_all=True) if one.name == "deploy" and one.status == "manual")
    deploy.play()
    deploy.refresh()
    assert deploy.status == "pending"
    with pytest.raises(GitlabError) as dead:
        gitlab.Gitlab(world.live.url, job_token=job_token).http_get("/job")
    assert dead.value.response_code == 401


def test_triggers_start_pipelines(world: World, app: Any):
    trigger = app.triggers.create({"description": "nightly"})
    pipeline = app.trigger_pipeline("main", trigger.token, variables={"WHERE": "there"})
    assert (pipeline.source, pipeline.user["username"]) == ("trigger", world.maintainer.username)
    assert "TRIGGER_PAYLOAD" in [one.key for one in pipeline.variables.list(get_all=True)]
    app.triggers.delete(trigger.id)
    with pytest.raises(GitlabError) as refused:
        app.trigger_pipeline("main", trigger.token)
    assert refused.value.response_code == 404


def test_runners_are_made_listed_changed_and_deleted(world: World, app: Any, connect: Any):
    client = connect(world.maintainer)
    made = client.http_post("/user/runners", post_data={"runner_type": "project_type", "project_id": app.id})
    assert made["token"].startswith("glrt-")
    runner = client.runners.get(made["id"])
    runner.description, runner.tag_list = "linux", ["a", "b"]
    runner.save()
    assert client.runners.get(made["id"]).tag_list == ["a", "b"]
    assert made["id"] in [one.id for one in app.runners.list(get_all=True)]
    assert client.runners.list(get_all=True)[0].id == made["id"]
    client.runners.verify(made["token"])
    runner.delete()
    with pytest.raises(GitlabError):
        client.runners.get(made["id"])


def test_a_runner_registers_the_old_way(world: World, app: Any, connect: Any):
    client = connect(world.maintainer)
    world.live.call("PUT", "/application/settings", {"allow_runner_registration_token": True})
    token = client.http_post(f"/projects/{app.id}/runners/reset_registration_token")["token"]
    runner = client.runners.create({"token": token, "description": "old", "tag_list": ["x"]})
    assert client.runners.get(runner.id).description == "old"


def test_a_file_is_checked_for_the_refs_it_is_asked_for(world: World, app: Any):
    found = app.ci_lint.get(content_ref="main", dry_run=True, dry_run_ref="main", include_jobs=True)
    assert (found.valid, [job["name"] for job in found.jobs]) == (True, ["test", "deploy"])
    text = "spec: {inputs: {who: {}}}\n---\ngreet: {script: 'echo $[[ inputs.who ]]'}\n"
    missing = app.ci_lint.create({"content": text, "ref": "main", "dry_run": True})
    assert not missing.valid
    asked = {"content": text, "inputs": {"who": "you"}, "include_jobs": True, "include_merged_yaml": False}
    given = app.ci_lint.create(asked)
    assert (given.valid, given.jobs[0]["script"], hasattr(given, "merged_yaml")) == (True, ["echo you"], False)
    app.ci_lint.validate({"content": YAML})
