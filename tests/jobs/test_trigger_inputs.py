"""`trigger` with inputs, with files that a job has made, and `strategy: mirror`."""

from __future__ import annotations

import pytest

from jobs.artifacts.services import expire_project_artifacts
from jobs.models import Pipeline
from jobs.pipelines.job_actions import retry_job
from tests.factories import artifacts, projects, runners
from tests.factories.cast import Cast

# What a bridge does begins after the commit.
pytestmark = pytest.mark.django_db(transaction=True)

TAKES = "spec: {inputs: {where: {options: [here, there]}}}\n---\njob: {script: ['to $[[ inputs.where ]]']}\n"
CHILD = b"spec: {inputs: {n: {type: number}}}\n---\nchild: {script: ['n $[[ inputs.n ]]']}\n"
MAKES = """
stages: [build, start]
make: {stage: build, script: [x], artifacts: {paths: [ci]}}
start:
  stage: start
  trigger: {strategy: mirror, include: [{artifact: ci/child.yml, job: make, inputs: {n: 3}}]}
"""


def below(pipeline: Pipeline) -> Pipeline:
    return Pipeline.objects.get(started_by_job__pipeline=pipeline)


def refusal(pipeline: Pipeline) -> str:
    job = pipeline.jobs.get(name="start", retried=False)
    assert job.status == "failed"
    return " ".join(job.options["refused"])


def script(pipeline: Pipeline) -> list[str]:
    (job,) = pipeline.jobs.all()
    return list(job.options["script"])


def test_a_bridge_gives_inputs_to_another_project(cast: Cast) -> None:
    runners.push_file(cast.library, TAKES)
    start = "start: {trigger: {project: acme/library, inputs: {where: %s}}}"
    assert script(below(runners.pipeline(cast.app, cast.developer, start % "there"))) == ["to there"]
    refused = runners.pipeline(cast.app, cast.developer, start % "mars")
    assert "“mars” should be one of: here, there." in refusal(refused)


def test_a_bridge_gives_inputs_to_a_child(cast: Cast) -> None:
    text = "start: {trigger: {include: [{local: child.yml, inputs: {where: here}}]}}"
    projects.commit(cast.app, {"child.yml": TAKES})
    pipeline = runners.pipeline(cast.app, cast.developer, text)
    assert script(below(pipeline)) == ["to here"]


def test_a_job_makes_the_file_of_a_child(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, MAKES)
    runner = runners.runner(cast.app)
    work = runner.work()
    artifacts.upload(work.id, work.token, artifacts.zip_bytes({"ci/child.yml": CHILD}))
    work.succeed()
    assert script(below(pipeline)) == ["n 3"]
    runner.work().succeed()
    pipeline.refresh_from_db()
    assert pipeline.status == "success"


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"ci/other.yml": b"a: {script: [x]}"}, "the job “make” has no artifact “ci/child.yml”"),
        ({"ci/child.yml": b"\xff"}, "is not UTF-8 text"),
        ({"ci/child.yml": b"#" * 1_100_000}, "is larger than 1024 KiB"),
        ({"ci/child.yml": b"child: {}"}, "“make:ci/child.yml” has no inputs"),
    ],
)
def test_a_bridge_says_what_is_wrong_with_the_file_of_a_job(cast: Cast, files: dict[str, bytes], reason: str) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, MAKES)
    work = runners.runner(cast.app).work()
    artifacts.upload(work.id, work.token, artifacts.zip_bytes(files))
    work.succeed()
    assert reason in refusal(pipeline)


def test_expired_artifacts_make_no_child(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, MAKES)
    runners.runner(cast.app).work().succeed()
    assert "has no job “make” with artifacts" in refusal(pipeline)
    expire_project_artifacts(cast.app, by=cast.owner)
    retry_job(pipeline.jobs.get(name="start"), by=cast.developer)
    assert "has no job “make” with artifacts" in refusal(pipeline)


def test_an_artifact_is_no_file_of_an_ordinary_pipeline(cast: Cast, api) -> None:
    runners.push_file(cast.app, "include: {artifact: a.yml, job: b}\njob: {script: [x]}")
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})
    assert "can be included by `trigger` only" in str(answer.json())


@pytest.mark.parametrize(("strategy", "status"), [("mirror", "skipped"), ("depend", "failed")])
def test_a_bridge_ends_as_its_pipeline_is_skipped(cast: Cast, strategy: str, status: str) -> None:
    runners.push_file(cast.library, "job: {script: [x], when: on_failure}")
    text = f"start: {{trigger: {{project: acme/library, strategy: {strategy}}}}}"
    pipeline = runners.pipeline(cast.app, cast.developer, text)
    assert below(pipeline).status == "skipped"
    assert pipeline.jobs.get().status == status
