"""A runner asks for a job (runner.md §2)."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Job, Runner, RunnerManager
from jobs.pipelines.plan import PipelineRequest
from jobs.pipelines.services import create_pipeline
from jobs.runners.queue import candidates, claim, version
from jobs.runners.services import update_runner
from projects.repository import Repository
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.runner import FakeRunner


def test_verifying_introduces_a_runner_with_its_id_and_token(cast: Cast) -> None:
    runner = runners.runner(cast.app)
    answer = runner.verify()
    assert answer.status_code == 200
    assert answer.json() == {"id": Runner.objects.get().pk, "token": runner.token, "token_expires_at": None}
    manager = RunnerManager.objects.get()
    assert (manager.system_id, manager.info["executor"]) == ("s_0123456789ab", "shell")


@pytest.mark.parametrize("token", ["", "glrt-nonsense", "glcbt-nonsense", "x" * 10_000, "glrt-\0", "glrt-é" * 9])
def test_verifying_refuses_an_unknown_runner(db: None, token: str) -> None:
    assert FakeRunner("unused").api.post("/jobs/request", {"token": token}).status_code == 403
    assert Api().post("/runners/verify", {"token": token}).status_code == 403


def test_discovery_knows_of_no_other_server_that_hands_out_jobs(cast: Cast) -> None:
    """501: a runner that was told to look for one says so once, and asks here as ever."""
    address = "/runners/router/discovery"
    assert Api().get(address, HTTP_RUNNER_TOKEN=runners.runner(cast.app).token).status_code == 501
    assert Api().get(address, HTTP_RUNNER_TOKEN="glrt-nonsense").status_code == 403


def test_a_runner_gets_nothing_while_no_job_waits(cast: Cast) -> None:
    answer = runners.runner(cast.app).poll()
    assert answer.status_code == 204
    assert answer.content == b""


def test_the_payload_is_what_the_runner_decodes(cast: Cast) -> None:
    yaml = """
    variables: {GREETING: hello}
    test:
      image: alpine
      before_script: [cd src]
      script: [make, make test]
      after_script: [make clean]
      variables: {LEVEL: 3}
    """
    pipeline = runners.pipeline(cast.app, cast.developer, yaml)
    work = runners.runner(cast.app).work()
    assert "run" not in work.payload
    assert work.payload["steps"][0]["script"] == ["cd src", "make", "make test"]
    assert work.payload["steps"][1]["name"] == "after_script"
    assert work.payload["steps"][1]["when"] == "always"
    assert work.payload["git_info"]["sha"] == pipeline.sha
    assert work.payload["git_info"]["refspecs"] == [
        f"+{pipeline.sha}:refs/pipelines/{pipeline.pk}",
        "+refs/heads/main:refs/remotes/origin/main",
    ]
    assert work.payload["git_info"]["repo_url"].split("@")[0] == f"http://gitlab-ci-token:{work.token}"
    assert "script_failure" in work.payload["features"]["failure_reasons"]
    assert work.variables["LEVEL"] == "3"
    assert work.variables["GREETING"] == "hello"


@pytest.mark.parametrize(
    ("branch", "unprotect", "refs"),
    [("main", "false", "protected"), ("feature", "false", "non_protected"), ("main", "true", "non_protected")],
)
def test_caches_of_protected_refs_are_kept_apart(cast: Cast, branch: str, unprotect: str, refs: str) -> None:
    """Or whoever may push a branch puts files into the next deployment."""
    cache = f"{{key: $CI_JOB_NAME, paths: [x], fallback_keys: [spare], unprotect: {unprotect}}}"
    runners.push_file(cast.app, f"test: {{script: [make], cache: {cache}}}", branch=branch)
    request = PipelineRequest(project=cast.app, ref=branch, user=cast.developer, source="api")
    create_pipeline(request)
    (sent_cache,) = runners.runner(cast.app).work().payload["cache"]
    assert (sent_cache["key"], sent_cache["fallback_keys"]) == (f"$CI_JOB_NAME-{refs}", [f"spare-{refs}"])
    assert "unprotect" not in sent_cache


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("said", "depth"), [("7", 7), ("0", 0), ("", 20), ("-1", 20), ("deep", 20), ("9" * 30, 20), ("\u0663", 20)]
)
def test_the_job_says_how_many_commits_it_wants(cast: Cast, said: str, depth: int) -> None:
    runners.pipeline(cast.app, cast.developer, f"test: {{script: [make], variables: {{GIT_DEPTH: '{said}'}}}}")
    info = runners.runner(cast.app).work().payload["git_info"]
    assert info["depth"] == depth
    assert ("+refs/tags/*:refs/tags/*" in info["refspecs"]) == (depth == 0)


def test_a_branch_that_is_gone_is_not_asked_for(cast: Cast) -> None:
    """Its commit still is: `git fetch` fails as a whole when one of the refs it names is missing."""
    sha = runners.push_file(cast.app, runners.SIMPLE, branch="feature")
    request = PipelineRequest(project=cast.app, ref="feature", user=cast.developer, source="api")
    made = create_pipeline(request)
    repository = Repository(cast.app.repository_path)
    repository.delete_ref(repository.find("feature"))
    info = runners.runner(cast.app).work().payload["git_info"]
    assert (info["sha"], info["refspecs"]) == (sha, [f"+{sha}:refs/pipelines/{made.pk}"])


def test_the_token_stands_in_every_variable_that_carries_it_and_is_masked(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    for key in ("CI_JOB_TOKEN", "CI_REGISTRY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD"):
        variable = work.variable(key)
        assert (variable["value"], variable["masked"], variable["public"]) == (work.token, True, False)
    assert f"gitlab-ci-token:{work.token}@" in work.variables["CI_REPOSITORY_URL"]
    assert work.variables["CI_PROJECT_PATH"] == "acme/app"
    assert work.variables["CI_COMMIT_BRANCH"] == "main"
    assert "CI_COMMIT_TAG" not in work.variables
    assert work.variables["GITLAB_USER_LOGIN"] == "developer"


def test_a_job_waits_for_a_runner_with_all_its_tags(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, "test: {script: [make], tags: [linux, gpu]}")
    assert runners.runner(cast.app).take() is None
    assert runners.runner(cast.app, tag_list=["linux"]).take() is None
    assert runners.runner(cast.app, tag_list=["linux", "gpu", "big"]).take() is not None


def test_a_runner_for_tagged_jobs_leaves_the_others_alone(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    assert runners.runner(cast.app, tag_list=["linux"], run_untagged=False).take() is None


def test_a_runner_serves_its_own_place_only(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    assert runners.runner(cast.library).take() is None
    assert runners.runner(cast.acme).take() is not None


def test_an_instance_runner_leaves_out_projects_that_do_not_want_it(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    cast.app.shared_runners_enabled = False
    cast.app.save()
    assert runners.runner().take() is None


def test_a_runner_for_protected_refs_takes_jobs_of_those_only(cast: Cast) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    runners.push_file(cast.app, runners.SIMPLE, branch="feature")
    request = PipelineRequest(project=cast.app, ref="feature", user=cast.developer, source="api")
    create_pipeline(request)
    careful = runners.runner(cast.app, access_level="ref_protected")
    assert careful.take() is None
    careful.last_update = ""  # nothing is committed within a test, so the queue's version stays
    runners.pipeline(cast.app, cast.developer, "main: {script: [x]}")
    assert careful.work().payload["job_info"]["name"] == "main"


def test_an_instance_runner_is_fair_between_projects(cast: Cast) -> None:
    two = "a: {script: [x]}\nb: {script: [x]}"
    runners.pipeline(cast.app, cast.developer, two)
    runners.pipeline(cast.library, cast.developer, two)
    runner = runners.runner()
    order = [runner.work().payload["job_info"]["project_name"] for _ in range(4)]
    assert order == ["app", "library", "app", "library"]


def test_a_paused_runner_gets_nothing(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    runner = runners.runner(cast.app)
    update_runner(Runner.objects.get(), by=cast.maintainer, paused=True)
    assert runner.poll().status_code == 204


def test_a_runner_that_serves_no_project_any_more_gets_an_error(cast: Cast) -> None:
    runner = runners.runner(cast.app)
    Runner.objects.get().projects.clear()
    assert runner.poll().status_code == 422


def test_nothing_new_costs_no_query(
    cast: Cast, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(version, "MAX_AGE_SECONDS", 10**9)  # or the minute may end between the two
    runner = runners.runner(cast.app)
    assert runner.poll().status_code == 204
    assert runner.last_update
    with django_assert_num_queries(0):
        assert runner.poll().status_code == 204


@pytest.mark.django_db(transaction=True)
def test_a_new_job_wakes_a_runner_that_knew_of_none() -> None:
    cast = Cast()
    runner = runners.runner(cast.app)
    assert runner.poll().status_code == 204
    runners.pipeline(cast.app, cast.developer)
    assert runner.take() is not None


@pytest.mark.django_db(transaction=True)
def test_a_job_that_comes_while_the_queue_is_searched_is_found_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version handed out is that from before the search, or the runner would wait for a job that is there."""
    cast = Cast()
    runner = runners.runner(cast.app)
    search = candidates.next_candidate

    def search_and_then_a_job_comes(of: Runner) -> Any:
        found = search(of)
        runners.pipeline(cast.app, cast.developer)
        return found

    monkeypatch.setattr(candidates, "next_candidate", search_and_then_a_job_comes)
    assert runner.poll().status_code == 204
    monkeypatch.setattr(candidates, "next_candidate", search)
    assert runner.take() is not None


@pytest.mark.django_db(transaction=True)
def test_a_job_without_a_tick_is_found_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that made it died between its commit and the tick."""
    cast = Cast()
    runner = runners.runner(cast.app)
    monkeypatch.setattr("jobs.runners.queue.version.time.time", lambda: 1_800_000_000)
    assert runner.poll().status_code == 204
    monkeypatch.setattr(version, "bump", lambda: None)
    runners.pipeline(cast.app, cast.developer)
    assert runner.poll().status_code == 204
    monkeypatch.setattr("jobs.runners.queue.version.time.time", lambda: 1_800_000_000 + version.MAX_AGE_SECONDS)
    assert runner.take() is not None


def test_a_runner_that_loses_every_job_to_others_is_to_ask_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 409, and without a version that would let it rest (runner.md §2.1)."""
    runners.pipeline(cast.app, cast.developer)
    runner = runners.runner(cast.app)
    real = claim._claim
    monkeypatch.setattr(claim, "_claim", lambda *others_are_faster: None)
    answer = runner.poll()
    assert (answer.status_code, answer.headers.get("X-GitLab-Last-Update")) == (409, None)
    monkeypatch.setattr(claim, "_claim", real)
    assert runner.take() is not None


def test_a_made_up_queue_version_lets_nobody_in(cast: Cast) -> None:
    runner = runners.runner(cast.app)
    runner.poll()
    stranger = FakeRunner("glrt-made-up")
    stranger.last_update = runner.last_update
    assert stranger.poll().status_code == 403


def test_a_deleted_runner_is_unknown_at_once(cast: Cast) -> None:
    runner = runners.runner(cast.app)
    assert runner.api.delete("/runners", {"token": runner.token}).status_code == 204
    assert runner.verify().status_code == 403


def test_a_machine_takes_its_leave_and_the_runner_stays(cast: Cast) -> None:
    runner = runners.runner(cast.app)
    runner.verify()
    body = {"token": runner.token, "system_id": runner.system_id}
    assert runner.api.delete("/runners/managers", body).status_code == 204
    assert runner.api.delete("/runners/managers", body).status_code == 404
    assert runner.api.delete("/runners/managers", {"token": runner.token}).status_code == 400
    assert runner.verify().status_code == 200


@pytest.mark.one_case
@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b'{"token": 5}', b'{"token": null, "info": []}', b'"\xff"', b"{", b'{"token": {}}'],
)
def test_bad_bodies_are_refused_and_break_nothing(cast: Cast, body: bytes) -> None:
    assert Api().post("/jobs/request", body).status_code in {400, 403}


def test_what_a_runner_tells_of_itself_may_be_anything(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    runner = runners.runner(cast.app)
    runner.info = {
        "name": "\0" * 9,
        "version": 5,
        "features": {"a\0": True, "x" * 900: False, "no": "yes"},
        "more": [1],
    }
    assert runner.take() is not None
    assert runner.api.post("/jobs/request", {"token": runner.token, "system_id": "\0", "info": "?"}).status_code == 204


def test_a_job_whose_person_is_blocked_is_never_handed_out(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    cast.developer.is_active = False
    cast.developer.save()
    assert runners.runner(cast.app).take() is None
    job = Job.objects.get()
    assert (job.status, job.failure_reason) == ("failed", "user_blocked")


NEEDING = {
    "upload_multiple_artifacts": "artifacts: {reports: {junit: [a.xml]}}",
    "artifacts_exclude": "artifacts: {paths: [out], exclude: [out/a]}",
    "fallback_cache_keys": "cache: {paths: [x], key: a, fallback_keys: [b]}",
    "return_exit_code": "allow_failure: {exit_codes: [3]}",
}


@pytest.mark.one_case
@pytest.mark.parametrize("feature", NEEDING)
def test_a_job_fails_on_a_runner_that_cannot_do_what_it_asks(cast: Cast, feature: str) -> None:
    yaml = f"test: {{script: [make], {NEEDING[feature]}}}"
    runners.pipeline(cast.app, cast.developer, yaml)
    runner = runners.runner(cast.app)
    runner.info = {**runner.info, "features": {**runner.info["features"], feature: False}}
    assert runner.poll().status_code == 204
    job = Job.objects.get()
    assert (job.status, job.failure_reason) == ("failed", "runner_unsupported")
    able = runners.pipeline(cast.app, cast.developer, yaml + "\n")
    assert runners.runner(cast.app).work().id == able.jobs.get().pk


def test_a_runner_that_tells_nothing_of_itself_is_given_any_job(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, f"test: {{script: [make], {NEEDING['artifacts_exclude']}}}")
    runner = runners.runner(cast.app)
    runner.info = {}
    assert runner.take() is not None
