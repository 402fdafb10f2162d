"""A pipeline's test report and a project's resource groups by REST."""

from __future__ import annotations

from typing import Any

from jobs.states import State
from tests.factories import artifacts, jobs
from tests.factories.artifacts import gzip_bytes
from tests.factories.cast import Cast
from tests.jobs.artifacts.test_reports import FAILING


def test_a_pipeline_has_the_test_reports_of_its_jobs(cast: Cast, api: Any):
    job = jobs.job(cast.library, cast.developer, name="unit")
    data = gzip_bytes(FAILING)
    artifacts.upload(job.pk, jobs.token_of(job), data, artifact_type="junit", artifact_format="gzip")
    where = f"/projects/{cast.library.pk}/pipelines/{job.pipeline_id}/test_report"
    report = api(cast.reporter).get(where).json()
    counts = {name: value for name, value in report.items() if name != "test_suites"}
    assert counts == {
        "total_time": 1.5, "total_count": 4, "success_count": 0, "failed_count": 2, "skipped_count": 1,
        "error_count": 1,
    }  # fmt: skip
    (suite,) = report["test_suites"]
    assert (suite["name"], suite["total_count"]) == ("unit", 4)
    assert [case["name"] for case in suite["test_cases"]] == ["breaks", "crashes", "both"]
    summary = api(cast.reporter).get(f"{where}_summary").json()
    assert summary["total"]["failed"] == 2
    assert summary["test_suites"][0]["build_ids"] == [job.pk]
    assert api(cast.outsider).get(where).status_code == 404


def test_resource_groups_name_who_holds_them_and_who_waits(cast: Cast, api: Any):
    holder = jobs.job(cast.library, cast.developer, resource_group="prod/eu")
    waiting = jobs.job(cast.library, cast.developer, State.WAITING, resource_group="prod/eu")
    where, caller = f"/projects/{cast.library.pk}/resource_groups", api(cast.developer)
    (group,) = caller.get(where).json()
    assert (group["id"], group["key"], group["process_mode"]) == (holder.pk, "prod/eu", "unordered")
    one = f"{where}/prod%2Feu"
    assert caller.get(one).json() == group
    assert caller.get(f"{one}/current_job").json()["id"] == holder.pk
    assert [job["id"] for job in caller.get(f"{one}/upcoming_jobs").json()] == [waiting.pk]
    assert caller.put(one, {"process_mode": "unordered"}).json() == group
    wrong = caller.put(one, {"process_mode": "newest"})
    assert wrong.json() == {"error": "process_mode does not have a valid value"}
    assert caller.get(f"{where}/nothing").status_code == 404
    assert api(cast.reporter).get(where).status_code == 403
