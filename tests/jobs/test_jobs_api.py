"""Jobs by REST (resources.md §5)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from jobs.models import Job
from tests.factories import jobs, runners
from tests.factories.cast import Cast

MANUAL = "deploy: {script: [x], when: manual}\nafter: {stage: deploy, script: [y]}"


def address(cast: Cast, job: Job | int, what: str = "") -> str:
    return f"/projects/{cast.app.pk}/jobs/{job if isinstance(job, int) else job.pk}{what}"


def test_the_list_is_newest_first_and_uncounted(cast: Cast, api: Any) -> None:
    runners.pipeline(cast.app, cast.developer, "a: {script: [x]}\nb: {script: [x], stage: deploy}")
    answer = api(cast.reporter).get(f"/projects/{cast.app.pk}/jobs?per_page=1")
    assert [job["name"] for job in answer.json()] == ["b"]
    assert "X-Total" not in answer.headers
    assert answer.headers["X-Next-Page"] == "2"
    scoped = api(cast.reporter).get(f"/projects/{cast.app.pk}/jobs?scope=pending").json()
    assert [job["name"] for job in scoped] == ["a"]
    assert api(cast.reporter).get(f"/projects/{cast.app.pk}/jobs?scope[]=nonsense").status_code == 400


def test_a_stranger_sees_no_job(cast: Cast, api: Any) -> None:
    job = jobs.job(cast.app, cast.developer)
    assert api(cast.outsider).get(address(cast, job)).status_code == 404
    assert api().get(address(cast, job)).status_code == 404


def test_a_job_token_reads_the_list_but_no_single_job(cast: Cast, api: Any) -> None:
    """job-token.md §7: the list is among the few reads a job may do."""
    job = jobs.job(cast.app, cast.developer)
    client = api(job=jobs.token_of(job))
    assert client.get(f"/projects/{cast.app.pk}/jobs").status_code == 200
    assert client.get(address(cast, job)).status_code == 404


@pytest.mark.parametrize("number", ["0", "999999", "9" * 19, "9" * 60])
def test_an_unknown_job_is_not_found(cast: Cast, api: Any, number: str) -> None:
    for what in ("", "/trace"):
        assert api(cast.developer).get(f"/projects/{cast.app.pk}/jobs/{number}{what}").status_code == 404


def test_an_empty_log_is_empty(cast: Cast, api: Any) -> None:
    job = jobs.job(cast.app, cast.developer)
    answer = api(cast.reporter).get(address(cast, job, "/trace"))
    assert (answer.status_code, answer.getvalue()) == (200, b"")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["Content-Disposition"] == f'infile; filename="{job.pk}.log"'


def test_a_log_that_shows_every_variable_is_for_developers(cast: Cast, api: Any) -> None:
    job = jobs.job(cast.app, cast.developer, debug_trace=True)
    assert api(cast.reporter).get(address(cast, job, "/trace")).status_code == 403
    assert api(cast.developer).get(address(cast, job, "/trace")).status_code == 200


def test_cancelling_is_for_developers(cast: Cast, api: Any) -> None:
    job = jobs.job(cast.app, cast.developer)
    assert api(cast.reporter).post(address(cast, job, "/cancel")).status_code == 403
    answer = api(cast.developer).post(address(cast, job, "/cancel"))
    assert (answer.status_code, answer.json()["status"]) == (201, "canceled")


def test_force_is_for_maintainers(cast: Cast, api: Any) -> None:
    job = jobs.job(cast.app, cast.developer, "canceling")
    assert api(cast.developer).post(address(cast, job, "/cancel"), {"force": True}).status_code == 403
    assert api(cast.maintainer).post(address(cast, job, "/cancel"), {"force": True}).json()["status"] == "canceled"


def test_a_retry_is_a_new_job_as_the_one_who_retries(cast: Cast, api: Any) -> None:
    runners.pipeline(cast.app, cast.developer)
    runners.runner(cast.app).work().fail()
    old = Job.objects.get()
    answer = api(cast.maintainer).post(address(cast, old, "/retry"))
    assert answer.status_code == 201
    new = answer.json()
    assert new["id"] != old.pk
    assert (new["name"], new["status"], new["user"]["username"]) == ("test", "pending", "maintainer")
    again = api(cast.maintainer).post(address(cast, old, "/retry"))
    assert (again.status_code, again.json()) == (403, {"message": "403 Forbidden - Job is not retryable"})


def test_a_manual_job_waits_and_runs_as_who_plays_it(cast: Cast, api: Any) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, MANUAL)
    job = Job.objects.get(name="deploy")
    assert job.status == "manual"
    variables = [{"key": "WHERE", "value": "here"}]
    answer = api(cast.maintainer).post(address(cast, job, "/play"), {"job_variables_attributes": variables})
    assert (answer.status_code, answer.json()["status"]) == (200, "pending")
    again = api(cast.maintainer).post(address(cast, job, "/play"))
    assert (again.status_code, again.json()) == (400, {"message": "400 Bad request - Unplayable Job"})
    runner = runners.runner(cast.app, tag_list=[])
    names = {}
    for _ in range(2):
        work = runner.work()
        names[work.payload["job_info"]["name"]] = work
    assert names["deploy"].variables["GITLAB_USER_LOGIN"] == "maintainer"
    assert names["deploy"].variables["WHERE"] == "here"
    assert names["deploy"].variables["CI_JOB_MANUAL"] == "true"
    for work in names.values():
        work.succeed()
    pipeline.refresh_from_db()
    assert pipeline.status == "success"


def test_erasing_takes_the_log_away_and_is_in_the_audit_log(
    cast: Cast, api: Any, django_capture_on_commit_callbacks: Any
) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    work.log(b"secret plans\n")
    refused = api(cast.developer).post(address(cast, work.id, "/erase"))
    assert (refused.status_code, refused.json()) == (403, {"message": "403 Forbidden - Job is not erasable!"})
    work.succeed()
    with django_capture_on_commit_callbacks(execute=True):
        answer = api(cast.developer).post(address(cast, work.id, "/erase"))
    assert answer.status_code == 201
    assert answer.json()["erased_at"]
    assert api(cast.developer).get(address(cast, work.id, "/trace")).getvalue() == b""
    assert AuditEvent.objects.get(event="job_erased").actor_name == "developer"
