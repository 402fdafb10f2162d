"""Stop now: job-token.md §1.2, and what the tokens had reached (§6)."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from audit.models import AuditEvent
from jobs.models import Job, Runner
from tests.factories import jobs, people, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.token_access import text
from tokenaccess.allowlist.services import limit_access
from tokenaccess.views import job_token_stop


def stop(api: Any, who: Any, **whose: Any) -> Any:
    return api(who).post("/token_access/stop", whose)


def is_good(token: str) -> bool:
    return bool(Api(job=token).get("/job").status_code == 200)


def test_the_tokens_of_a_project_end_and_its_jobs_go_on(cast: Cast, api: Any) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    other = cast.job_token(cast.library)
    limit_access(cast.library, by=cast.owner, inbound=False)
    reading = f"/projects/{cast.library.pk}/packages/generic/a/1/f"
    git = f"http://testserver/{cast.app.full_path}.git/info/refs?service=git-upload-pack"
    Api(job=work.token).get(f"/projects/{cast.library.pk}/releases")
    answer = stop(api, cast.maintainer, project_id=cast.app.pk)
    body = answer.json()
    assert (answer.status_code, [one["id"] for one in body["jobs"]]) == (201, [work.id])
    assert [(one["project_path"], one["origin_path"]) for one in body["reached"]] == [("acme/library", "acme/app")]
    for refused in (Api(job=work.token).get("/job"), Api(job=work.token).get(reading)):
        assert refused.status_code == 401
    assert Api(headers={"Authorization": f"Bearer {work.token}"}).get(git).status_code == 401
    assert is_good(other)
    trace = Api().patch(
        f"/jobs/{work.id}/trace", b"on\n", headers={"JOB-TOKEN": work.token, "Content-Range": "0-2"},
        content_type="text/plain",
    )  # fmt: skip
    assert trace.status_code == 202
    done = Api().put(f"/jobs/{work.id}", {"token": work.token, "state": "success"})
    assert (done.status_code, Job.objects.get(pk=work.id).status) == (200, "success")
    assert AuditEvent.objects.filter(event="job_tokens_stopped", target_id=cast.app.pk).exists()


def test_of_a_job_a_group_a_runner_and_a_person(cast: Cast, api: Any) -> None:
    tokens = [cast.job_token(), cast.job_token(cast.library), cast.job_token(user=cast.maintainer)]
    first, second, third = Job.objects.order_by("id")
    assert stop(api, cast.maintainer, job_id=first.pk).status_code == 201
    assert [is_good(token) for token in tokens] == [False, True, True]
    assert stop(api, cast.maintainer, user_id=cast.maintainer.pk).status_code == 201
    assert [is_good(token) for token in tokens] == [False, True, False]
    assert [one["id"] for one in stop(api, cast.owner, group_id=cast.acme.pk).json()["jobs"]] == [second.pk]
    assert not any(map(is_good, tokens))
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner().work()
    runner = Job.objects.get(pk=work.id).runner_id
    assert stop(api, cast.maintainer, runner_id=runner).status_code == 403
    assert [one["id"] for one in stop(api, cast.admin, runner_id=runner).json()["jobs"]] == [work.id]
    assert not is_good(work.token)
    assert third.pk


def test_who_may_not_is_refused_as_everywhere(cast: Cast, api: Any) -> None:
    token = cast.job_token()
    job = Job.objects.get()
    assert stop(api, cast.developer, project_id=cast.app.pk).status_code == 403
    for whose in ({"project_id": cast.app.pk}, {"job_id": job.pk}, {"project_id": 99999}, {"job_id": 99999}):
        answer = stop(api, cast.outsider, **whose)
        assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})
    assert stop(api, cast.developer, user_id=cast.maintainer.pk).status_code == 403
    reader = api(token=people.token_for(cast.maintainer, ("read_api",)))
    assert reader.post("/token_access/stop", {"project_id": cast.app.pk}).json()["error"] == "insufficient_scope"
    assert Api(job=token).post("/token_access/stop", {"project_id": cast.app.pk}).status_code == 401
    assert is_good(token)


@pytest.mark.one_case
@pytest.mark.parametrize("whose", [{}, {"job_id": 1, "project_id": 1}, {"project": 1}, {"job_id": "x"}])
def test_what_cannot_be_understood_is_refused(cast: Cast, api: Any, whose: dict[str, Any]) -> None:
    assert stop(api, cast.maintainer, **whose).status_code == 400


def test_what_was_reached_in_a_hidden_project_is_not_named(cast: Cast, api: Any) -> None:
    limit_access(cast.library, by=cast.owner, inbound=False)
    Api(job=cast.job_token()).get(f"/projects/{cast.library.pk}/releases")
    watcher = people.person("watcher")
    api(cast.owner).post(f"/projects/{cast.app.pk}/members", {"user_id": watcher.pk, "access_level": 40})
    address = f"/token_access/reached?project_id={cast.app.pk}"
    assert [one["project_path"] for one in api(cast.maintainer).get(address).json()] == ["acme/library"]
    assert [one["project_path"] for one in api(watcher).get(address).json()] == [""]
    assert api(cast.maintainer).get(f"{address}&since=2999-01-01").json() == []


def test_whose_job_runs_in_a_project_does_not_read_its_log(cast: Cast, api: Any) -> None:
    limit_access(cast.library, by=cast.owner, inbound=False)
    Api(job=cast.job_token(user=cast.maintainer)).get(f"/projects/{cast.library.pk}/releases")
    cast.job_token()
    own = f"/token_access/reached?user_id={cast.developer.pk}"
    assert api(cast.developer).get(own).json() == []
    stopped = stop(api, cast.developer, user_id=cast.developer.pk).json()
    assert (len(stopped["jobs"]), stopped["reached"]) == (1, [])
    cast.job_token(user=cast.maintainer)
    assert len(api(cast.maintainer).get(own.replace(str(cast.developer.pk), str(cast.maintainer.pk))).json()) == 1


def test_a_runner_of_others_is_as_if_it_were_not_there(cast: Cast, api: Any) -> None:
    runners.runner(cast.library)
    runners.runner(cast.acme)
    runners.runner()
    absent = stop(api, cast.outsider, runner_id=999_999)
    for runner in Runner.objects.all():
        answer = stop(api, cast.outsider, runner_id=runner.pk)
        assert (answer.status_code, answer.content) == (absent.status_code, absent.content)
    assert stop(api, cast.maintainer, runner_id=Runner.objects.get(projects=cast.library).pk).status_code == 201


def test_the_pages_and_the_command_stop_job_tokens(cast: Cast, client: Client) -> None:
    tokens = [cast.job_token(), cast.job_token(), cast.job_token()]
    first, second, third = Job.objects.order_by("id")
    page = "/acme/app/-/settings/ci_cd/token_access/stop"
    client.force_login(cast.developer)
    assert client.get(page).status_code == 403
    client.force_login(cast.maintainer)
    assert f"#{first.pk}" in client.get(page).content.decode()
    shown = " ".join(client.post(page, {"hours": 24}).content.decode().split())
    for number, words in ((3, "running jobs lose their tokens."), (1, "project runs them:</strong> acme/app (3)")):
        assert f"<dt>{number}</dt><dd><strong>{words}" in shown
    assert "<dt>1</dt><dd><strong>person started them:</strong> developer (3)" in shown
    assert all(map(is_good, tokens)), "it only asked"
    sent = {"hours": 24, "job": first.pk}
    assert "Stop the token of 1 running job?" in client.post(page, sent).content.decode()
    assert client.post(page, {**sent, "confirmed": "1"}).status_code == 200
    gone = client.post(page, sent)
    assert (gone.status_code, "There is no such job" in gone.content.decode()) == (200, True)
    client.force_login(cast.owner)
    assert client.get("/groups/acme/-/job_tokens/stop?hours=1").status_code == 200
    client.force_login(cast.admin)
    assert client.get("/-/job_tokens/stop").status_code == 200
    assert client.post("/-/job_tokens/stop", {"hours": 24, "job": second.pk, "confirmed": "1"}).status_code == 200
    assert client.post("/-/job_tokens/stop", {"hours": 24, "job": third.pk, "runner": 1}).status_code == 422
    assert [is_good(token) for token in tokens] == [False, False, True]
    said = StringIO()
    call_command("token_access", "stop", "--person", "developer", stdout=said)
    assert f"stopped: job {third.pk}" in said.getvalue()
    assert not is_good(tokens[2])


def test_the_page_of_a_group_counts_all_jobs_and_lists_the_first(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_token_stop, "MAX_ROWS", 2)
    for project in (cast.app, cast.app, cast.library):
        cast.job_token(project)
    client.force_login(cast.owner)
    page = client.get("/groups/acme/-/job_tokens/stop").content.decode()
    assert (page.count("/-/jobs/"), "Stop 3 tokens now" in page) == (2, True)
    assert "The first 2 are shown." in page
    asked = client.post("/groups/acme/-/job_tokens/stop", {"hours": 24}).content.decode()
    assert "Stop the tokens of 3 running jobs?" in asked
    assert "acme/app (2), acme/library (1)" in asked


def test_a_form_that_is_not_understood_stops_no_token(cast: Cast, client: Client) -> None:
    token = cast.job_token()
    client.force_login(cast.owner)
    pages = ("/acme/app/-/settings/ci_cd/token_access/stop", "/groups/acme/-/job_tokens/stop")
    for sent in ({"hours": 24, "job": "-4"}, {"hours": 24, "job": "4a"}, {"hours": 5}, {"job": "1"}):
        asked = [client.post(page, {**sent, **more}) for page in pages for more in ({}, {"confirmed": "1"})]
        assert {answer.status_code for answer in asked} == {422}
    assert is_good(token)


@pytest.mark.parametrize(
    "page", ["/acme/app/-/settings/ci_cd/token_access/stop", "/groups/acme/-/job_tokens/stop", "/-/job_tokens/stop"]
)
def test_an_address_that_names_a_job_never_means_all(cast: Cast, client: Client, page: str) -> None:
    for _number in range(2):
        cast.job_token()
    first = Job.objects.earliest("pk")
    client.force_login(cast.admin)
    assert "Stop 1 token now" in text(client.get(f"{page}?job={first.pk}"))
    assert client.get(f"{page}?job=zzz").status_code == 422
    answer = client.get(f"{page}?jbo={first.pk}")
    assert (answer.status_code, "jbo is not supported" in text(answer)) == (400, True)


def test_a_check_takes_one_statement_as_ever(cast: Cast, django_assert_num_queries: Any) -> None:
    token = jobs.job_token(cast.app, cast.developer)
    with django_assert_num_queries(1):
        Api(job=token).get("/job")
