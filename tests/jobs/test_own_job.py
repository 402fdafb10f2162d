"""GET /job: a job asks who it is (job-token.md §1.7)."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Job
from tests.factories import runners
from tests.factories.cast import Cast
from tokenaccess.models import TokenAccessSettings


@pytest.fixture
def token(cast: Cast) -> str:
    runners.pipeline(cast.app, cast.developer)
    return runners.runner(cast.app).work().token


def test_get_job_tells_the_job_about_itself(cast: Cast, api: Any, token: str) -> None:
    shown = api(job=token).get("/job").json()
    assert (shown["name"], shown["stage"], shown["status"], shown["ref"]) == ("test", "test", "running", "main")
    assert shown["finished_at"] is None
    assert shown["pipeline"]["project_id"] == cast.app.pk
    assert shown["commit"]["id"] == shown["pipeline"]["sha"]
    assert shown["project"] == {"ci_job_token_scope_enabled": False}
    assert shown["web_url"].endswith(f"/acme/app/-/jobs/{shown['id']}")


def test_get_job_is_what_a_person_sees_of_the_same_job(cast: Cast, api: Any, token: str) -> None:
    TokenAccessSettings.objects.create(project=cast.app, limits_outbound=True)
    own = api(job=token).get("/job").json()
    seen = api(cast.developer).get(f"/projects/{cast.app.pk}/jobs/{own['id']}").json()
    assert own.pop("duration") <= seen.pop("duration")
    assert own == seen
    assert list(own) == list(seen)


def test_get_job_costs_one_statement(api: Any, token: str, django_assert_num_queries: Any) -> None:
    client = api(job=token)
    client.get("/job")
    with django_assert_num_queries(1):
        client.get("/job")


@pytest.mark.parametrize("carrier", ["JOB-TOKEN", "Authorization", "query"])
def test_the_token_comes_in_a_header_or_in_the_address(api: Any, token: str, carrier: str) -> None:
    headers = {"JOB-TOKEN": {"JOB-TOKEN": token}, "Authorization": {"Authorization": f"Bearer {token}"}}.get(
        carrier, {}
    )
    address = f"/job?job_token={token}" if carrier == "query" else "/job"
    assert api().get(address, headers=headers).status_code == 200


@pytest.mark.parametrize("bad", ["", "glcbt-unknown", "x" * 10_000])
def test_without_a_good_token_it_is_unauthorized(db: None, api: Any, bad: str) -> None:
    answer = api(job=bad).get("/job")
    assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})


def test_a_person_has_no_job(cast: Cast, api: Any) -> None:
    answer = api(cast.developer).get("/job")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Job Not Found"})


def test_another_method_is_not_allowed(api: Any, token: str) -> None:
    assert api(job=token).post("/job", {}).status_code == 405


def test_a_job_whose_account_is_gone_is_unauthorized(cast: Cast, api: Any, token: str) -> None:
    Job.objects.update(user=None)
    assert api(job=token).get("/job").status_code == 401


def test_allowed_agents_tells_by_which_rights_one_would_act(cast: Cast, api: Any, token: str) -> None:
    shown = api(job=token).get("/job/allowed_agents").json()
    assert shown["allowed_agents"] == []
    assert shown["project"] == {"id": cast.app.pk, "groups": [{"id": cast.acme.pk}]}
    assert shown["user"]["roles_in_project"] == ["guest", "reporter", "developer"]
    assert api(cast.developer).get("/job/allowed_agents").status_code == 404
