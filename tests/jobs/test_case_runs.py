"""What becomes of the jobs of a CI file when runners do all they are given: who waits, who is skipped, who runs."""

from __future__ import annotations

import pytest

from jobs.models import Pipeline
from projects.extensions.events import NULL_SHA, announce_push
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.ci_cases import CASES, text_of

pytestmark = pytest.mark.once

# File → its jobs in the end, the state of the pipeline, and who fails.
RUNS = {
    "run-needs-manual": ("m=manual b=skipped c=success", "success", ""),
    "run-needs-blocking-manual": ("m=manual b=created c=created", "manual", ""),
    "run-manual-rule-blocks": ("m=manual b=created", "manual", ""),
    "run-manual-rule-may-fail": ("m=manual b=success", "success", ""),
    "run-manual-rule-of-job-that-may-fail": ("m=manual b=success", "success", ""),
    "run-manual-job-with-rules": ("m=manual b=success", "success", ""),
    "run-manual-job-by-rule": ("m=success b=success", "success", ""),
    "run-on-failure": (
        "a=failed f=success w=success n=skipped d=success e=success g=skipped h=success",
        "failed",
        "a",
    ),
    "run-on-failure-of-nothing": ("a=success f=skipped d=success", "success", ""),
    "run-allowed-failure": ("a=failed f=skipped n=success", "success", "a"),
    "run-allowed-exit-code": ("a=failed n=success", "success", "a"),
    "run-optional-need-missing": ("b=success", "success", ""),
    "run-optional-need-among-others": ("z=success b=success", "success", ""),
    "run-only-optional-needs": ("z=failed b=success", "failed", "z"),
    "run-need-of-skipped": ("a=failed b=skipped c=success", "failed", "a"),
    "run-pre-before-needs": ("p=success a=success b=success", "success", ""),
}


def run(cast: Cast, name: str, failing: str) -> tuple[Pipeline, list[str]]:
    """A push of the file, and a runner that takes jobs until there are none; also the names it took, in order."""
    sha = runners.push_file(cast.app, text_of(name))
    announce_push(project=cast.app, ref="refs/heads/main", old=NULL_SHA, new=sha, user=cast.developer)
    runner, taken = runners.runner(cast.app), []
    while work := runner.take():
        taken.append(work.variables["CI_JOB_NAME"])
        answer = work.fail() if taken[-1] == failing else work.succeed()
        assert answer.status_code == 200
    return Pipeline.objects.get(), taken


@pytest.mark.parametrize("name", RUNS)
def test_jobs_run_wait_and_are_skipped_as_by_gitlab(cast: Cast, name: str) -> None:
    states, overall, failing = RUNS[name]
    pipeline, _ = run(cast, name, failing)
    found = {job.name: job.status for job in pipeline.jobs.all()}
    assert found == dict(pair.split("=") for pair in states.split())
    assert pipeline.status == overall


def test_a_job_without_needs_starts_beside_the_first_stage(cast: Cast) -> None:
    _, taken = run(cast, "run-pre-before-needs", "")
    assert set(taken[:2]) == {"p", "a"}
    assert taken[2] == "b"


def test_every_file_that_runs_is_a_case() -> None:
    assert {path.stem for path in CASES.glob("run-*.yml")} == set(RUNS)
