"""`coverage:` of the CI file: what a job's log tells of its tests, in the API and on pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.logs import code_coverage, storage
from jobs.models import Job
from jobs.pipelines.job_actions import cancel_job, drop_job, erase_job, retry_job
from tests.factories import jobs as made
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.client import Api

pytestmark = pytest.mark.once

STAMP = b"2026-11-20T09:16:26.123456Z 00O "
JOB = "  script: [make test]\n  coverage: '/TOTAL.*?(\\d+(?:\\.\\d+)?)%/'\n"
THREE = f"unit:\n{JOB}style:\n{JOB}docs: {{script: [make docs]}}\n"


def a_file(pattern: str) -> str:
    return f"test:\n  script: [make test]\n  coverage: '{pattern}'\n"


def finish_job(cast: Cast, *log: bytes, pattern: str = r"/TOTAL.*?(\d+(?:\.\d+)?)%/") -> Job:
    """A job of this pattern whose runner sent this log, piece by piece, and then that all is well."""
    pipeline = runners.pipeline(cast.app, cast.developer, a_file(pattern))
    work = runners.runner(cast.app).work()
    for piece in log:
        assert work.log(piece).status_code == 202
    assert work.succeed().status_code == 200
    return pipeline.jobs.get()


def body_at(api: Any, cast: Cast, address: str) -> Any:
    return api(cast.reporter).get(f"/projects/{cast.app.pk}/{address}").json()


def test_the_number_comes_with_the_end_of_the_job(cast: Cast, api: Any) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, THREE)
    work = runners.runner(cast.app).work()
    work.log(b"collected 12 items\nTOT")
    work.log(b"AL    1200   90  92.5%\nbye\n")
    assert body_at(api, cast, f"jobs/{work.id}")["coverage"] is None
    assert Api(headers={"JOB-TOKEN": work.token}).get("/job").json()["coverage"] is None
    work.succeed()
    assert body_at(api, cast, f"jobs/{work.id}")["coverage"] == 92.5
    listed = body_at(api, cast, f"pipelines/{pipeline.pk}/jobs")
    assert {one["name"]: one["coverage"] for one in listed if one["coverage"]} == {
        work.payload["job_info"]["name"]: 92.5
    }


def test_a_failed_job_has_the_coverage_of_its_log(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, a_file("/TOTAL (.*)%/"))
    work = runners.runner(cast.app).work()
    work.log(b"TOTAL 7%\n")
    work.fail()
    assert Job.objects.get().coverage == 7


def test_a_cancelled_job_has_none(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, a_file("/TOTAL (.*)%/"))
    work = runners.runner(cast.app, gracefully=True).work()
    work.log(b"TOTAL 7%\n")
    cancel_job(Job.objects.get())
    work.fail()
    job = Job.objects.get()
    assert (job.status, job.coverage) == ("canceled", None)


def test_a_job_the_server_gives_up_has_the_coverage_of_its_log(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, a_file("/TOTAL (.*)%/"))
    runners.runner(cast.app).work().log(b"TOTAL 7%\n")
    drop_job(Job.objects.get(), reason="job_execution_timeout")
    assert Job.objects.get().coverage == 7


@pytest.mark.parametrize(
    ("pattern", "log", "found"),
    [
        (r"/TOTAL (\d+)%/", b"TOTAL 10%\nTOTAL 20%\nTOTAL none\n", 20),
        (r"/\d+%/", b"lines 10%, branches 20%\n", 20),
        (r"/lines: [\d.]+ of \d+/", b"lines: 31.25 of 40\n", 31.25),
        (r"/^TOTAL +(\d+)%$/", STAMP + b"TOTAL  33%\n", 33),
        (r"/^TOTAL +(\d+)%$/", STAMP + b"TOT\n" + STAMP[:-1] + b"+AL  3\n" + STAMP[:-1] + b"+4%\n", 34),
        (r"/^TOTAL (\d+)%$/", b"\x1b[32;1mTOTAL \x1b[0m\x1b[?25h35%\x1b[0m\r\n", 35),
        (r"/^done (\d+)%$/", b"done 1%\rdone 36%\r", 36),
        (r"/TOTAL (\d+)%/", b"TOTAL 37%", 37),
        (r"/total (\d+)%/i", b"TOTAL 38%\n", 38),
        (r"/(\d+)% of (lines|all)?/", b"39% of \n", 39),
        (r"/Größe (\d+)/", "Größe 40\n".encode(), 40),
        (r"/TOTAL (\d+)%/", b"TOTAL 041%\n", 41),
        (r"/TOTAL (\d+)%/", b"\xff\xfe\0 TOTAL 42% \xc3\n", 42),
        (r"/TOTAL (\d+)%/", b"TOTAL 43%\nTOTAL 101%\n", 43),
        (r"/TOTAL (\d+)%/", b"x" * 1_000_000 + b" TOTAL 44%\n" + b"y 5\n" * 500, 44),
        (r"/TOTAL (\d+)%/", b"TOTAL 45%\n" + STAMP + b"y\n" * 40_000, 45),
        (r"/TOTAL (.+)%/", b"TOTAL 100.0%\n", 100),
        (r"/TOTAL (\d+)%/", b"TOTAL 0%\n", 0),
        (r"/TOTAL (\d+)%/", b"nothing of the kind, but 46%\n", None),
        (r"/TOTAL (\w+)/", b"TOTAL nothing\n", None),
        (r"/TOTAL (-?\d+)/", b"TOTAL " + b"9" * 5000 + b"\n", None),
        (r"/x*/", b"only 47 numbers\n", None),
    ],
)  # fmt: skip
def test_the_last_line_that_matches_counts_as_a_terminal_shows_it(
    cast: Cast, pattern: str, log: bytes, found: float | None
) -> None:
    assert finish_job(cast, log, pattern=pattern).coverage == found


@pytest.mark.parametrize("gone", ["never sent", "lost"])
def test_a_job_without_a_log_ends_all_the_same(cast: Cast, gone: str) -> None:
    runners.pipeline(cast.app, cast.developer, a_file("/TOTAL (.*)%/"))
    work = runners.runner(cast.app).work()
    if gone == "lost":
        work.log(b"TOTAL 7%\n")
        storage.remove(Job.objects.get())
    assert work.succeed().status_code == 200
    job = Job.objects.get()
    assert (job.status, job.coverage) == ("success", None)


def test_a_log_that_cannot_be_read_does_not_keep_the_job_from_ending(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, a_file("/TOTAL (.*)%/"))
    work = runners.runner(cast.app).work()
    Job.objects.get().trace_path.mkdir(parents=True)
    assert work.succeed().status_code == 200
    job = Job.objects.get()
    assert (job.status, job.coverage) == ("success", None)


def test_a_pattern_from_before_that_is_not_valid_now_finds_nothing(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer, a_file("/TOTAL (.*)%/"))
    work = runners.runner(cast.app).work()
    Job.objects.update(options={**Job.objects.get().options, "coverage": "("})
    work.log(b"TOTAL 7%\n")
    assert work.succeed().status_code == 200
    assert Job.objects.get().coverage is None


@pytest.mark.parametrize(("log", "found"), [(b"TOTAL 7%\n" + b"8\n" * 100, None), (b"8\n" * 100 + b"TOTAL 7%\n", 7)])
def test_of_a_very_long_log_only_the_end_is_searched(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, log: bytes, found: float | None
) -> None:
    monkeypatch.setattr(code_coverage, "_MAX_BYTES", 2_000)
    assert finish_job(cast, log).coverage == found


def test_a_pattern_that_takes_its_time_is_given_up(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_coverage, "_MAX_CPU_SECONDS", 0.0)
    job = finish_job(cast, b"TOTAL 7%\n")
    assert (job.status, job.coverage) == ("success", None)


def test_a_large_pattern_sees_the_end_of_a_long_line(cast: Cast) -> None:
    pattern = r"/(\d+)%[ab]{900}z?$/"
    assert finish_job(cast, b"5% " * 20_000 + b"7%" + b"ab" * 450 + b"\n", pattern=pattern).coverage == 7


# --- The job and its pipeline -----------------------------------------------------------------------------------------


def test_a_pipeline_has_the_average_of_its_jobs_as_a_text(cast: Cast, api: Any) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, THREE)
    runner = runners.runner(cast.app)
    for log in (b"TOTAL 90%\n", b"TOTAL 95.33%\n", b"TOTAL 1%\n"):
        work = runner.work()
        work.log(log if work.payload["job_info"]["name"] != "docs" else b"TOTAL 2%\n")
        if pipeline.jobs.filter(coverage=None).count() == 3:
            assert body_at(api, cast, f"pipelines/{pipeline.pk}")["coverage"] is None
        work.succeed()
    percentages = [one for one in pipeline.jobs.values_list("coverage", flat=True) if one is not None]
    assert len(percentages) == 2
    assert body_at(api, cast, f"pipelines/{pipeline.pk}")["coverage"] == f"{sum(percentages) / 2:.2f}"


def test_only_the_newest_try_of_a_job_counts(cast: Cast, api: Any) -> None:
    first = finish_job(cast, b"TOTAL 50%\n")
    retry_job(first, by=cast.developer)
    again = Job.objects.current().get(pipeline=first.pipeline)
    assert again.coverage is None
    assert body_at(api, cast, f"pipelines/{first.pipeline_id}")["coverage"] is None
    work = runners.runner(cast.app).work()
    work.log(b"TOTAL 92.5%\n")
    work.succeed()
    assert body_at(api, cast, f"jobs/{again.pk}")["coverage"] == 92.5
    assert body_at(api, cast, f"jobs/{first.pk}")["coverage"] == 50
    assert body_at(api, cast, f"pipelines/{first.pipeline_id}")["coverage"] == "92.50"


def test_an_erased_job_keeps_its_coverage(cast: Cast) -> None:
    job = finish_job(cast, b"TOTAL 50%\n")
    assert erase_job(job, by=cast.maintainer).coverage == 50
    assert Job.objects.get().coverage == 50


def test_a_bridge_has_no_coverage(cast: Cast, api: Any) -> None:
    pipeline = made.pipeline(cast.app, cast.developer)
    made.job(cast.app, cast.developer, "success", pipeline=pipeline, bridge=True)
    assert body_at(api, cast, f"pipelines/{pipeline.pk}/bridges")[0]["coverage"] is None


# --- The file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "wrong"),
    [
        (r"TOTAL (\d+)%", "stands between slashes"),
        (r"/TOTAL (\d+%/", "is not valid: missing )"),
        (r"/(?<=TOTAL )\d+/", "no look-ahead"),
        (r"/TOTAL/x", "the flag x"),
        ("//", "stands between slashes"),
    ],
)
def test_a_wrong_pattern_is_a_mistake_of_its_line_and_job(cast: Cast, api: Any, pattern: str, wrong: str) -> None:
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/ci/lint", {"content": a_file(pattern)}).json()
    assert answer["valid"] is False
    [error] = answer["errors"]
    assert error.startswith("Line 3, job “test”, keyword “coverage”: ")
    assert wrong in error


def test_the_coverage_keyword_is_of_one_job_and_not_of_all(cast: Cast, api: Any) -> None:
    content = "default:\n  coverage: '/TOTAL/'\ntest: {script: [x]}\n"
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/ci/lint", {"content": content}).json()
    assert answer["errors"][0].startswith("Line 2, keyword “default:coverage”: unknown keyword")


# --- Pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(cast: Cast) -> Any:
    client = Client()
    client.force_login(cast.reporter)
    return lambda address: client.get(f"/acme/app/-/{address}").content.decode()


def test_pages_show_the_coverage_of_jobs_and_pipelines(cast: Cast, page: Any) -> None:
    job = finish_job(cast, b"TOTAL 92.5%\n")
    made.job(cast.app, cast.developer, "success", pipeline=job.pipeline, name="more", coverage=100.0, stage_index=9)
    assert "<dt>Coverage</dt><dd>92.5%</dd>" in page(f"jobs/{job.pk}")
    shown = page(f"pipelines/{job.pipeline_id}")
    assert "Coverage 92.5%" in shown
    assert "Coverage 100%" in shown
    assert "<dt>Coverage</dt> <dd> 96.25% <span" in " ".join(shown.split())
    assert "average of 2 jobs" in shown
    assert "Coverage 92.5%" in page(f"pipelines/{job.pipeline_id}?view=needs")
    assert "Coverage 92.5%" in page("jobs")
    assert "Coverage 96.25%" in page("pipelines")


def test_pages_say_nothing_where_there_is_none(cast: Cast, page: Any) -> None:
    job = made.job(cast.app, cast.developer, pipeline=made.pipeline(cast.app, cast.developer, commit={"title": "Some"}))
    for address in (f"jobs/{job.pk}", f"pipelines/{job.pipeline_id}", "jobs", "pipelines"):
        assert "Coverage" not in page(address)


def test_a_long_list_of_pipelines_costs_no_more_statements(cast: Cast, page: Any) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as counted:
            page("pipelines")
        return len(counted)

    def one_more(percent: float) -> None:
        pipeline = made.pipeline(cast.app, cast.developer, commit={"title": "Some"})
        made.job(cast.app, cast.developer, "success", pipeline=pipeline, coverage=percent)

    one_more(10)
    page("pipelines")
    of_one = statements()
    for percent in range(8):
        one_more(percent)
    assert page("pipelines").count("Coverage ") == 9
    assert statements() == of_one
