"""The thin path: a pipeline, a runner, a job with its token, and the token's end."""

from __future__ import annotations

from typing import Any

from tests.factories import runners
from tests.factories.cast import Cast


def test_a_job_gets_its_token_with_its_run_and_loses_it_with_its_end(cast: Cast, api: Any) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer)
    assert pipeline.status == "pending"
    work = runners.runner(cast.app).work()
    assert work.variables["CI_JOB_TOKEN"] == work.token

    answer = api(job=work.token).get("/job")
    assert answer.status_code == 200
    assert answer.json()["id"] == work.id
    assert answer.json()["user"]["username"] == "developer"
    assert answer.json()["status"] == "running"

    assert work.succeed().status_code == 200
    assert api(job=work.token).get("/job").status_code == 401
    pipeline.refresh_from_db()
    assert pipeline.status == "success"
    assert pipeline.finished_at is not None
