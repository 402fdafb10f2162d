"""python-gitlab, unchanged, against the real server: pipelines, jobs, triggers and runners."""

from __future__ import annotations

import time
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabError

from tests.contract.conftest import Connect
from tests.contract.world import World
from tests.factories.artifacts import BOUNDARY, body, gzip_bytes
from tests.support.receiver import receiver

YAML = "test:\n  script: [make test]\ndeploy:\n  stage: deploy\n  script: [make deploy]\n  when: manual\n"


@pytest.fixture
def app(world: World, connect: Connect) -> Any:
    """The app as its maintainer sees it, with a pipeline's file."""
    world.commit(world.app, {".gitlab-ci.yml": YAML, "README.md": "hello"})
    return connect(world.maintainer).projects.get(world.app.path)


def take(world: World, runner_token: str) -> Any:
    request = {"token": runner_token, "system_id": "s_contract", "info": {"features": {}}}
    return world.live.call("POST", "/jobs/request", request, token=None, status=201).json


def test_a_pipeline_is_made_watched_and_run_again(world: World, app: Any, connect: Connect):
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


def test_runners_are_made_listed_changed_and_deleted(world: World, app: Any, connect: Connect):
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


def test_a_runner_registers_the_old_way(world: World, app: Any, connect: Connect):
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


REPORT = '<testsuite name="unit"><testcase name="adds"/><testcase name="breaks"><failure/></testcase></testsuite>'
JOB = "test:\n  script: [make]\n  coverage: '/total (\\d+)%/'\n  resource_group: production\n"


def test_what_a_job_reported_is_read_and_shown_on_badges(world: World, connect: Connect):
    world.commit(world.app, {".gitlab-ci.yml": JOB})
    client = connect(world.maintainer)
    app = client.projects.get(world.app.id)
    (pipeline,) = app.pipelines.list(get_all=True)
    work = take(world, world.live.make("/user/runners", runner_type="project_type", project_id=app.id)["token"])
    headers = {"JOB-TOKEN": work["token"], "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    kind = "artifact_type=junit&artifact_format=gzip"
    data = body(gzip_bytes(REPORT), "junit.xml.gz")
    world.live.call("POST", f"/jobs/{work['id']}/artifacts?{kind}", data, token=None, headers=headers, status=201)
    (held,) = app.resource_groups.list(get_all=True)
    assert (held.key, held.process_mode) == ("production", "unordered")
    held.process_mode = "oldest_first"
    held.save()
    assert app.resource_groups.get("production").process_mode == "oldest_first"
    assert held.upcoming_jobs.list(get_all=True) == []
    log = {"JOB-TOKEN": work["token"], "Content-Range": "0-8"}
    world.live.call("PATCH", f"/jobs/{work['id']}/trace", b"total 87%", token=None, headers=log, status=202)
    own = gitlab.Gitlab(world.live.url, job_token=work["token"])
    own.projects.get(app.id, lazy=True).generic_packages.upload("built", "1.0", "b.txt", data=b"b")
    world.live.call("PUT", f"/jobs/{work['id']}", {"token": work["token"], "state": "success"}, token=None)

    report = pipeline.test_report.get()
    assert (report.total_count, report.failed_count) == (2, 1)
    assert [case["name"] for suite in report.test_suites for case in suite["test_cases"]] == ["breaks"]
    assert pipeline.test_report_summary.get().total["failed"] == 1
    (built,) = app.packages.list(package_name="built", get_all=True)
    assert [one.id for one in built.pipelines.list(get_all=True)] == [pipeline.id]
    app.visibility = "public"
    app.save()
    for name, words in (("pipeline", "passed"), ("coverage", "87")):
        answer = client.session.get(f"{world.live.url}/{world.app.path}/badges/main/{name}.svg")
        assert (answer.status_code, answer.headers["Content-Type"].partition(";")[0]) == (200, "image/svg+xml")
        assert words in answer.text


def test_decisions_about_jobs_are_events_of_a_hook_and_kept_with_their_answers(world: World, connect: Connect):
    world.live.call("PUT", "/application/settings", {"allow_local_requests_from_web_hooks_and_services": True})
    library = connect(world.maintainer).projects.get(world.library.id)
    work = world.running_job()
    with receiver() as made:
        hook = library.hooks.create({"url": made.url, "push_events": False, "token_access_events": True})
        refused = gitlab.Gitlab(world.live.url, job_token=work.token).projects.get(library.id, lazy=True)
        with pytest.raises(GitlabError, match="404"):
            refused.generic_packages.download("tool", "1.0", "tool.txt")
        until = time.monotonic() + 60
        while not made.got and time.monotonic() < until:
            time.sleep(0.2)
        (decision,) = made.got[0].json["decisions"]
        assert (decision["decision"], decision["source"]["id"]) == ("refused", world.app.id)
        (event,) = library.manager.gitlab.http_list(f"/projects/{library.id}/hooks/{hook.id}/events", get_all=True)
        assert (event["response_status"], event["trigger"]) == ("200", "token_access_hooks")
        hook.delete()
