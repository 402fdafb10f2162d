"""What later jobs are handed: archives to fetch, and variables (runner.md §2.4, §3.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.artifacts import services
from jobs.models import Job, JobArtifact
from jobs.pipelines.job_actions import erase_job, retry_job
from jobs.states import State
from tests.factories import jobs, runners
from tests.factories.artifacts import content, gzip_bytes, upload, zip_bytes
from tests.factories.cast import Cast
from tests.support.runner import FakeRunner, Work
from tokenaccess.models import AllowlistEntry

YAML = """
stages: [build, test, deploy]
build:
  stage: build
  script: [make]
  artifacts: {paths: [out/], exclude: [out/tmp], name: "$CI_JOB_NAME", expire_in: 1 week, when: always}
lint:
  stage: build
  script: [lint]
  artifacts: {reports: {dotenv: build.env, junit: [a.xml, b.xml]}}
test:
  stage: test
  script: [make test]
"""


@pytest.fixture
def runner(cast: Cast) -> FakeRunner:
    return runners.runner(cast.library)


def bring(work: Work, kind: str = "archive", data: bytes | None = None) -> None:
    form = {"archive": "zip", "terraform": "raw"}.get(kind, "gzip")
    answer = upload(
        work.id, work.token, data or zip_bytes(), artifact_type=kind, artifact_format=form, expire_in="1+week"
    )
    assert answer.status_code == 201, answer.content


def dependencies(work: Work) -> list[str]:
    return [one["name"] for one in work.payload["dependencies"]]


def run(runner: FakeRunner, *names: str) -> Work:
    """Runs jobs to their success, an archive from each, and hands back the next one."""
    left = set(names)
    while left:
        work = runner.work()
        name = work.payload["job_info"]["name"]
        assert name in left
        bring(work)
        work.succeed()
        left.discard(name)
    return runner.work()


# --- What to bring ----------------------------------------------------------------------------------------------------


def test_a_runner_learns_what_to_upload(cast: Cast, runner: FakeRunner):
    runners.pipeline(cast.library, cast.developer, YAML)
    build, lint = runner.work(), runner.work()
    assert build.payload["artifacts"] == [
        {
            "name": "$CI_JOB_NAME", "untracked": False, "paths": ["out/"], "exclude": ["out/tmp"], "when": "always",
            "artifact_type": "archive", "artifact_format": "zip", "expire_in": "1 week",
        }
    ]  # fmt: skip
    reports = sorted(lint.payload["artifacts"], key=lambda entry: entry["artifact_type"])
    assert reports == [
        {
            "name": ".env", "untracked": False, "paths": ["build.env"], "when": "always",
            "artifact_type": "dotenv", "artifact_format": "gzip", "expire_in": None,
        },
        {
            "name": "junit.xml", "untracked": False, "paths": ["a.xml", "b.xml"], "when": "always",
            "artifact_type": "junit", "artifact_format": "gzip", "expire_in": None,
        },
    ]  # fmt: skip


def test_a_job_that_leaves_nothing_has_no_artifacts_to_upload(cast: Cast, runner: FakeRunner):
    runners.pipeline(cast.library, cast.developer)
    work = runner.work()
    assert (work.payload["artifacts"], work.payload["dependencies"]) == (None, [])


# --- What to fetch ----------------------------------------------------------------------------------------------------


def test_a_later_job_fetches_what_all_earlier_stages_left(cast: Cast, runner: FakeRunner):
    runners.pipeline(cast.library, cast.developer, YAML)
    build, lint = runner.work(), runner.work()
    bring(build)
    bring(lint, "dotenv", gzip_bytes("VERSION=7\nPRICE=$5"))
    for work in (build, lint):
        work.succeed()
    test = runner.work()
    size = JobArtifact.objects.get(file_type="archive").size
    assert test.payload["dependencies"] == [
        {
            "id": build.id,
            "name": "build",
            "token": test.token,
            "artifacts_file": {"filename": "artifacts.zip", "size": size},
        }
    ]
    fetched = test.api.get(f"/jobs/{build.id}/artifacts?direct_download=true")
    assert (fetched.status_code, content(fetched)) == (200, zip_bytes())
    assert test.variables["VERSION"] == "7"
    assert test.variable("PRICE") == {
        "key": "PRICE", "value": "$5", "public": False, "masked": False, "raw": True, "file": False
    }  # fmt: skip


TWO = """
a: {stage: build, script: [x], artifacts: {paths: [x]}}
b: {stage: build, script: [x], artifacts: {paths: [x]}}
next: {stage: test, script: [x], %s}
"""


@pytest.mark.parametrize(
    ("keywords", "fetched"),
    [
        ("variables: {}", ["a", "b"]),
        ("dependencies: [b]", ["b"]),
        ("dependencies: []", []),
        ("needs: [a]", ["a"]),
        ("needs: [{job: a, artifacts: false}, {job: b}]", ["b"]),
        ("needs: [{job: a, artifacts: false}]", []),
        ("needs: [a, b], dependencies: [a]", ["a"]),
    ],
)
def test_a_job_names_whose_artifacts_it_wants(cast: Cast, runner: FakeRunner, keywords: str, fetched: list[str]):
    runners.pipeline(cast.library, cast.developer, TWO % keywords)
    for _ in range(2):
        work = runner.work()
        bring(work)
        work.succeed()
    assert dependencies(runner.work()) == fetched


def test_variables_come_from_the_same_jobs_only(cast: Cast, runner: FakeRunner):
    runners.pipeline(cast.library, cast.developer, TWO % "dependencies: [b]")
    for _ in range(2):
        work = runner.work()
        bring(work, "dotenv", gzip_bytes(f"FROM={work.payload['job_info']['name']}\nONLY_{work.id}=1"))
        work.succeed()
    last = runner.work()
    assert last.variables["FROM"] == "b"
    assert [key for key in last.variables if key.startswith("ONLY_")] == [f"ONLY_{work.id}"]


def test_a_persons_variables_win_over_a_reports(cast: Cast, runner: FakeRunner):
    given = [{"key": "FROM", "value": "person", "variable_type": "env_var"}]
    runners.pipeline(cast.library, cast.developer, TWO % "needs: [a]", variables=given)
    work = runner.work()
    bring(work, "dotenv", gzip_bytes("FROM=a"))
    work.succeed()
    runner.work()
    assert runner.work().variables["FROM"] == "person"


def test_a_retried_jobs_artifacts_count_and_not_the_old_ones(cast: Cast, runner: FakeRunner):
    runners.pipeline(cast.library, cast.developer, TWO % "needs: [a]")
    first = runner.work()
    bring(first)
    first.fail()
    runner.work().succeed()
    again = retry_job(Job.objects.get(pk=first.id), by=cast.developer)
    second = runner.work()
    assert second.id == again.pk
    bring(second, data=zip_bytes({"second": b"2"}))
    second.succeed()
    assert [one["id"] for one in runner.work().payload["dependencies"]] == [second.id]


def _expire(work: Work, cast: Cast) -> None:
    JobArtifact.objects.filter(job=work.id).update(expires_at=timezone.now() - timedelta(seconds=1))


def _clean_up(work: Work, cast: Cast) -> None:
    _expire(work, cast)
    services.expire_artifacts()


def _erase(work: Work, cast: Cast) -> None:
    erase_job(Job.objects.get(pk=work.id), by=cast.developer)


@pytest.mark.parametrize("spoil", [_expire, _clean_up, _erase])
def test_a_job_fails_when_what_it_relies_on_is_past_or_erased(
    cast: Cast, runner: FakeRunner, spoil: Callable[[Work, Cast], None]
):
    pipeline = runners.pipeline(cast.library, cast.developer, TWO % "needs: [a]")
    a = runner.work()
    bring(a)
    assert runner.work().payload["job_info"]["name"] == "b"
    a.succeed()
    spoil(a, cast)
    assert runner.poll().status_code in {204, 409}
    job = pipeline.jobs.get(name="next")
    assert (job.status, job.failure_reason) == (State.FAILED, "missing_dependency_failure")


def test_variables_outlive_the_bytes_of_their_report(cast: Cast, runner: FakeRunner):
    runners.pipeline(cast.library, cast.developer, TWO % "needs: [a]")
    a, b = runner.work(), None
    bring(a, "dotenv", gzip_bytes("KEPT=yes"))
    a.succeed()
    _clean_up(a, cast)
    b = runner.work()
    assert b.payload["job_info"]["name"] == "b"
    assert runner.work().variables["KEPT"] == "yes"


# --- Fetching by another job's token ----------------------------------------------------------------------------------


def fetch(api: Any, token: str, job: Job | int) -> Any:
    return api(job=token).get(f"/jobs/{job if isinstance(job, int) else job.pk}/artifacts")


def test_another_projects_job_goes_through_the_gate(cast: Cast, finished_job: Job, api: Any):
    asking = cast.job_token(cast.app)
    assert fetch(api, asking, finished_job).status_code == 404
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    assert fetch(api, asking, finished_job).status_code == 200
    JobArtifact.objects.update(access="maintainer")
    assert fetch(api, asking, finished_job).status_code == 403


def test_only_a_running_jobs_token_fetches(cast: Cast, finished_job: Job, api: Any):
    for token in (cast.job_token(cast.library, status=State.SUCCESS), "glcbt-nonsense"):
        assert fetch(api, token, finished_job).status_code == 401
    address = f"/jobs/{finished_job.pk}/artifacts"
    for other in (api(cast.developer), api()):
        for asked in (address, f"/jobs/{10**6}/artifacts"):
            assert other.get(asked).status_code == 404


def test_what_is_not_there_is_404(cast: Cast, running: Job, token: str, api: Any):
    assert fetch(api, token, running).status_code == 404
    assert fetch(api, token, 10**6).status_code == 404
    assert fetch(api, token, 2**70).status_code == 404


@pytest.mark.parametrize("access", ["all", "developer", "maintainer", "none"])
def test_a_job_of_the_same_pipeline_is_handed_what_its_file_says(cast: Cast, finished_job: Job, api: Any, access: str):
    JobArtifact.objects.update(access=access)
    later = jobs.job(cast.library, cast.developer, pipeline=finished_job.pipeline, name="later")
    assert fetch(api, jobs.token_of(later), finished_job).status_code == 200


def test_artifacts_of_dependencies_answer_head_and_range(cast: Cast, finished_job: Job, api: Any):
    client, data = api(job=cast.job_token(cast.library)), zip_bytes()
    address = f"/jobs/{finished_job.pk}/artifacts"
    assert client.request("HEAD", address)["Content-Length"] == str(len(data))
    assert content(client.get(address, headers={"Range": "bytes=-4"})) == data[-4:]
