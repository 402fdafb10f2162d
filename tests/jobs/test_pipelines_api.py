"""Pipelines by REST (runner.md §8.2)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from jobs.models import Job, Pipeline
from tests.factories import runners
from tests.factories.cast import Cast

TWO_STAGES = """
stages: [build, test]
compile: {stage: build, script: [make]}
unit: {stage: test, script: [make test]}
"""


def test_a_developer_runs_a_pipeline(cast: Cast, api: Any) -> None:
    sha = runners.push_file(cast.app, TWO_STAGES)
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})
    assert answer.status_code == 201
    shown = answer.json()
    assert (shown["source"], shown["sha"], shown["ref"], shown["status"]) == ("api", sha, "main", "pending")
    assert shown["user"]["username"] == "developer"
    assert shown["iid"] == 1
    assert [job.status for job in Job.objects.order_by("id")] == ["pending", "created"]


def test_variables_of_the_request_reach_the_job(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    variables = [{"key": "DEPLOY", "value": "$yes"}, {"key": "CONFIG", "value": "a: 1", "variable_type": "file"}]
    body = {"ref": "main", "variables": variables}
    made = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", body).json()
    work = runners.runner(cast.app).work()
    assert work.variables["DEPLOY"] == "$yes"
    assert work.variable("CONFIG")["file"] is True
    shown = api(cast.developer).get(f"/projects/{cast.app.pk}/pipelines/{made['id']}/variables").json()
    assert [one["key"] for one in shown] == ["DEPLOY", "CONFIG"]


@pytest.mark.one_case
@pytest.mark.parametrize(
    "variables",
    ["x", 5, {"A": "b"}, [5], [{"key": "A-B", "value": "x"}], [{"key": "A", "value": 1}], [{"key": "A", "value": "\0"}],
     [{"value": "x"}], [{"key": "A", "value": "x", "variable_type": "no"}], [{"key": "A", "value": "\ud800"}]],
)  # fmt: skip
def test_variables_that_are_none_are_refused(cast: Cast, api: Any, variables: Any) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    body = {"ref": "main", "variables": variables}
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", body)
    assert answer.status_code == 400
    assert not Pipeline.objects.exists()


def test_a_missing_ref_is_named(cast: Cast, api: Any) -> None:
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", {})
    assert (answer.status_code, answer.json()) == (400, {"error": "ref is missing"})


@pytest.mark.parametrize("ref", ["no-such", "../x", "a..b", "x" * 300, "-"])
def test_an_unknown_ref_is_refused(cast: Cast, api: Any, ref: str) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", {"ref": ref})
    assert (answer.status_code, answer.json()) == (400, {"message": {"base": ["Reference not found"]}})


def test_a_commit_without_a_file_is_refused(cast: Cast, api: Any) -> None:
    from tests.factories.projects import commit

    commit(cast.app, {"README.md": "hello"})
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})
    assert (answer.status_code, answer.json()) == (400, {"message": {"base": ["Missing CI config file"]}})


def test_mistakes_in_the_file_are_named(cast: Cast, api: Any) -> None:
    runners.push_file(cast.app, "test: {script: [x], no_such_keyword: 1}")
    answer = api(cast.developer).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})
    assert answer.status_code == 400
    assert "no_such_keyword" in " ".join(answer.json()["message"]["base"])
    assert not Pipeline.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("reporter", 403), ("guest", 403), ("outsider", 404)])
def test_running_one_takes_a_developer(cast: Cast, api: Any, who: str, status: int) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    answer = api(getattr(cast, who)).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})
    assert answer.status_code == status


def test_a_job_token_runs_none_here(cast: Cast, api: Any) -> None:
    answer = api(job=cast.job_token(cast.app)).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main"})
    assert answer.status_code in {401, 404}
    assert Pipeline.objects.filter(source="api").count() == 0


def test_the_list_filters_and_pages(cast: Cast, api: Any) -> None:
    for _ in range(3):
        runners.pipeline(cast.app, cast.developer)
    client, address = api(cast.reporter), f"/projects/{cast.app.pk}/pipelines"
    answer = client.get(f"{address}?per_page=2")
    assert [one["iid"] for one in answer.json()] == [3, 2]
    assert answer.headers["X-Total"] == "3"
    assert len(client.get(f"{address}?status=pending&ref=main&source=api&username=DEVELOPER").json()) == 3
    assert client.get(f"{address}?scope=finished").json() == []
    assert [one["iid"] for one in client.get(f"{address}?sort=asc").json()] == [1, 2, 3]
    assert client.get(f"{address}?status=nonsense").status_code == 400
    assert client.get(f"{address}/latest").json()["iid"] == 3


@pytest.mark.parametrize("number", ["0", "999999", "9" * 18, "9" * 40])
def test_an_unknown_pipeline_is_not_found(cast: Cast, api: Any, number: str) -> None:
    answer = api(cast.developer).get(f"/projects/{cast.app.pk}/pipelines/{number}")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Not Found"})


def test_a_pipeline_of_another_project_is_not_found(cast: Cast, api: Any) -> None:
    other = runners.pipeline(cast.library, cast.developer)
    assert api(cast.developer).get(f"/projects/{cast.app.pk}/pipelines/{other.pk}").status_code == 404


def test_cancelling_ends_every_job(cast: Cast, api: Any) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, TWO_STAGES)
    address = f"/projects/{cast.app.pk}/pipelines/{pipeline.pk}"
    answer = api(cast.developer).post(f"{address}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert {job.status for job in Job.objects.all()} == {"canceled"}
    assert api(cast.developer).post(f"{address}/cancel").status_code == 200
    assert runners.runner(cast.app).take() is None


def test_retrying_runs_what_failed_and_what_waited_for_it(cast: Cast, api: Any) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, TWO_STAGES)
    runner = runners.runner(cast.app)
    runner.work().fail()
    pipeline.refresh_from_db()
    assert pipeline.status == "failed"
    answer = api(cast.maintainer).post(f"/projects/{cast.app.pk}/pipelines/{pipeline.pk}/retry")
    assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    runner.last_update = ""
    first = runner.work()
    assert first.variables["GITLAB_USER_LOGIN"] == "maintainer"
    first.succeed()
    runner.last_update = ""
    assert runner.work().payload["job_info"]["name"] == "unit"


def test_deleting_one_takes_an_owner_and_leaves_a_trace(cast: Cast, api: Any) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer)
    address = f"/projects/{cast.app.pk}/pipelines/{pipeline.pk}"
    assert api(cast.maintainer).delete(address).status_code == 403
    assert api(cast.owner).delete(address).status_code == 204
    assert not Job.objects.exists()
    assert AuditEvent.objects.get(event="pipeline_deleted").actor_name == "owner"


def test_the_jobs_of_a_pipeline_are_listed(cast: Cast, api: Any, django_assert_max_num_queries: Any) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, TWO_STAGES)
    address = f"/projects/{cast.app.pk}/pipelines/{pipeline.pk}/jobs"
    client = api(cast.developer)
    client.get(address)
    with django_assert_max_num_queries(10):
        assert [job["name"] for job in client.get(address).json()] == ["unit", "compile"]
    assert [job["name"] for job in client.get(f"{address}?scope[]=pending").json()] == ["compile"]
    assert client.get(f"{address}?scope[]=nonsense").status_code == 400
