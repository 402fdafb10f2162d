"""Artifacts of other projects and other pipelines: through the gate, as the job that is to run (`needs: project`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Job, JobArtifact, Pipeline
from jobs.pipelines.job_actions import retry_job
from jobs.states import State
from tests.factories import jobs, projects, runners
from tests.factories.artifacts import content, gzip_bytes, store, zip_bytes
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.runner import FakeRunner
from tokenaccess.models import AllowlistEntry, RefusalRecord
from tokenaccess.policy.levels import Role

pytestmark = pytest.mark.django_db

NEED = "job: {script: [make], needs: [{project: %s, ref: %s, job: %s}]}"
LIBRARY = NEED % ("acme/library", "main", "build")


@pytest.fixture
def runner(cast: Cast) -> FakeRunner:
    return runners.runner(cast.app)


@pytest.fixture
def build_job(cast: Cast) -> Job:
    """A job of the library that passed on main and left an archive."""
    pipeline = jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS)
    job = jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=pipeline, name="build")
    store(job)
    return job


@pytest.fixture
def admitted(cast: Cast, build_job: Job) -> Job:
    """The same, and the library lets the app's jobs in."""
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    return build_job


def failed_job(runner: FakeRunner, pipeline: Pipeline) -> Job:
    """The pipeline's only job, after a runner could not be given it."""
    assert runner.take() is None
    runner.last_update = ""  # nothing is committed here, so that the queue seems to stay as it was
    job = pipeline.jobs.get()
    assert (job.status, job.failure_reason) == ("failed", "missing_dependency_failure")
    return job


def page(job: Job, user: Any) -> str:
    client = Client()
    client.force_login(user)
    return " ".join(client.get(f"/{job.project.full_path}/-/jobs/{job.pk}").content.decode().split())


def test_a_job_is_handed_the_newest_artifacts_of_another_project(cast: Cast, runner: FakeRunner, admitted: Job):
    newer = jobs.job(cast.library, cast.developer, State.SUCCESS, name="build")
    archive = store(newer)
    store(newer, gzip_bytes("WORD=hello\n"), file_type="dotenv")
    jobs.job(cast.library, cast.developer, State.FAILED, name="build")
    yaml = "variables: {P: library, J: build}\n" + NEED % ('"acme/$P"', "refs/heads/main", "$J")
    runners.pipeline(cast.app, cast.developer, yaml)
    work = runner.work()
    assert work.payload["dependencies"] == [
        {
            "id": newer.pk,
            "name": "build",
            "token": work.token,
            "artifacts_file": {"filename": archive.filename, "size": archive.size},
        }
    ]
    assert work.variables["WORD"] == "hello"
    answer = Api(job=work.token).get(f"/jobs/{newer.pk}/artifacts")
    assert answer.status_code == 200
    assert content(answer) == zip_bytes()


def test_a_need_that_the_jobs_own_narrowing_leaves_out_says_so_of_any_project(
    cast: Cast, runner: FakeRunner, admitted: Job
):
    for project in ("acme/library", "acme/nothing"):
        words = (
            "stages: [a]\njob:\n  stage: a\n  script: make\n  variables: {TOKEN_ACCESS: read_packages acme/library}\n"
        )
        need = f"  needs: [{{project: {project}, ref: main, job: build}}]"
        job = failed_job(runner, runners.pipeline(cast.app, cast.developer, words + need))
        shown = page(job, cast.maintainer)
        assert (
            f"TOKEN_ACCESS of this job leaves out what a need of {project} takes: read_jobs, and that project." in shown
        )
        assert "Less would have done" not in shown, "it did not run"


def test_a_project_that_lets_no_job_in_refuses_the_need_and_says_why(cast: Cast, runner: FakeRunner, build_job: Job):
    job = failed_job(runner, runners.pipeline(cast.app, cast.developer, LIBRARY))
    record = RefusalRecord.objects.get()
    assert (record.job_id, record.project_id, record.rule) == (job.pk, cast.library.pk, "admitted")
    shown = page(job, cast.maintainer)
    assert "There is no job build that passed on main of acme/library, or its artifacts are not for this job." in shown
    assert "Retry that job first" not in shown
    assert "build, acme/<wbr>library main" in shown
    address = shown.partition('href="/-/access_reasons/')[2].partition('"')[0]
    client = Client()
    client.force_login(cast.maintainer)
    explained = client.get(f"/-/access_reasons/{address}").content.decode()
    assert "acme/library" in explained
    assert "to the allowlist of the target project" in explained
    own = page(job, cast.developer)
    assert "/-/access_reasons/" not in own
    assert own.count("Maintainers of acme/app see the reason on this page") == 2, (
        "beside the failure, and of its requests"
    )


def test_hidden_absent_and_without_such_a_job_read_the_same(cast: Cast, runner: FakeRunner, admitted: Job):
    for project, ref, name in (
        ("acme/library", "main", "other"),
        ("acme/none", "main", "b"),
        ("acme/library", "x", "b"),
    ):
        job = failed_job(runner, runners.pipeline(cast.app, cast.developer, NEED % (project, ref, name)))
        sentence = f"There is no job {name} that passed on {ref} of {project}, or its artifacts are not for this job"
        assert job.options["refused"] == [sentence]


def test_hidden_and_absent_take_the_same_statements(cast: Cast, runner: FakeRunner, build_job: Job):
    statements = []
    runner.verify()
    for project in ("acme/library", "acme/nothing"):
        pipeline = runners.pipeline(cast.app, cast.developer, NEED % (project, "main", "build"))
        with CaptureQueriesContext(connection) as captured:
            failed_job(runner, pipeline)
        statements.append([query["sql"].partition("WHERE")[0] for query in captured.captured_queries])
    assert len(statements[0]) == len(statements[1])


def test_the_person_of_a_job_has_to_be_allowed_what_it_needs(cast: Cast, runner: FakeRunner, admitted: Job):
    projects.members({cast.outsider: Role.DEVELOPER}, cast.app)
    failed_job(runner, runners.pipeline(cast.app, cast.outsider, LIBRARY))
    assert RefusalRecord.objects.get().rule == "visible"


def test_a_job_that_asks_for_less_has_less(cast: Cast, runner: FakeRunner, admitted: Job):
    yaml = LIBRARY.replace("script", "variables: {TOKEN_ACCESS: none}, script")
    failed_job(runner, runners.pipeline(cast.app, cast.developer, yaml))


@pytest.mark.parametrize(("access", "handed"), [("developer", True), ("maintainer", False), ("none", False)])
def test_the_access_of_the_artifacts_counts(cast: Cast, runner: FakeRunner, admitted: Job, access: str, handed: bool):
    JobArtifact.objects.update(access=access)
    pipeline = runners.pipeline(cast.app, cast.developer, LIBRARY)
    if handed:
        assert len(runner.work().payload["dependencies"]) == 1
    else:
        failed_job(runner, pipeline)


@pytest.mark.parametrize(("access", "handed"), [("developer", True), ("maintainer", False), ("none", False)])
def test_variables_are_for_those_whom_the_artifacts_are_for(
    cast: Cast, runner: FakeRunner, admitted: Job, access: str, handed: bool
):
    build = jobs.job(cast.library, cast.developer, State.SUCCESS, name="build")
    store(build, gzip_bytes("WORD=hello\n"), file_type="dotenv", access=access)
    pipeline = runners.pipeline(cast.app, cast.developer, LIBRARY)
    if handed:
        assert runner.work().variables["WORD"] == "hello"
    else:
        failed_job(runner, pipeline)


def test_artifacts_that_have_expired_fail_the_job_and_a_retry_may_find_new_ones(
    cast: Cast, runner: FakeRunner, admitted: Job
):
    JobArtifact.objects.update(expires_at=timezone.now() - timedelta(days=1))
    jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS)  # a newer one, so that they are not kept
    job = failed_job(runner, runners.pipeline(cast.app, cast.developer, LIBRARY))
    assert job.options["refused"] == ["The artifacts of build have expired or were erased"]
    JobArtifact.objects.update(expires_at=None)
    again = retry_job(job, by=cast.developer)
    assert "refused" not in again.options
    assert len(runner.work().payload["dependencies"]) == 1


def test_another_ref_of_the_own_project_needs_no_entry(cast: Cast, runner: FakeRunner):
    pipeline = jobs.pipeline(cast.app, cast.developer, ref="other", status=State.SUCCESS)
    store(jobs.job(cast.app, cast.developer, State.SUCCESS, pipeline=pipeline, name="build"))
    runners.pipeline(cast.app, cast.developer, NEED % ("acme/app", "other", "build"))
    assert len(runner.work().payload["dependencies"]) == 1


# --- Pipelines --------------------------------------------------------------------------------------------------------

CHILD = "use: {script: [x], needs: [{pipeline: $PARENT, job: build}]}"


def test_a_child_takes_artifacts_of_its_parent_whatever_their_access(cast: Cast, runner: FakeRunner):
    parent = jobs.pipeline(cast.app, cast.developer)
    build = jobs.job(cast.app, cast.developer, State.SUCCESS, pipeline=parent, name="build")
    store(build, access="none")
    bridge = jobs.job(cast.app, cast.developer, State.SUCCESS, pipeline=parent, name="start", bridge=True)
    child = runners.pipeline(
        cast.app,
        cast.developer,
        CHILD,
        source="parent_pipeline",
        extra_fields={"started_by_job_id": bridge.pk},
        variables=[{"key": "PARENT", "value": str(parent.pk), "variable_type": "env_var"}],
    )
    work = runner.work()
    assert [one["id"] for one in work.payload["dependencies"]] == [build.pk]
    assert Api(job=work.token).get(f"/jobs/{build.pk}/artifacts").status_code == 200
    other = jobs.job_token(cast.app, cast.developer)
    assert Api(job=other).get(f"/jobs/{build.pk}/artifacts").status_code == 403
    assert child.jobs.get().status == "running"


@pytest.mark.one_case
@pytest.mark.parametrize("value", ["stranger", "none", "99999999", ""])
def test_a_pipeline_that_is_no_relative_is_refused(cast: Cast, runner: FakeRunner, value: str):
    stranger = jobs.pipeline(cast.app, cast.developer)
    store(jobs.job(cast.app, cast.developer, State.SUCCESS, pipeline=stranger, name="build"))
    value = str(stranger.pk) if value == "stranger" else value
    pipeline = runners.pipeline(cast.app, cast.developer, f"variables: {{PARENT: '{value}'}}\n{CHILD}")
    job = failed_job(runner, pipeline)
    assert job.options["refused"][0].startswith("There is no job build in pipeline $PARENT, or that is no parent")
