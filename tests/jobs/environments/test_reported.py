"""Deployments that no job makes (job-token.md §7)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from jobs.environments.auto_stop import stop_for_branch
from jobs.environments.stopping import stop_environment
from jobs.models import Deployment, Environment
from projects.extensions.events import NULL_SHA
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.environments import again, deploy
from tokenaccess.models import AllowlistEntry


def at(project: Any, what: object = "") -> str:
    return f"/projects/{project.pk}/deployments{f'/{what}' if what else ''}"


@pytest.fixture
def request_body(cast: Cast) -> dict[str, Any]:
    sha = projects.commit(cast.library, {"a": "b"})
    return {"environment": "production", "sha": sha, "ref": "main", "tag": False, "status": "running"}


def test_a_deployment_is_reported_and_goes_on(cast: Cast, api: Any, request_body: dict[str, Any]):
    client = api(cast.developer)
    answer = client.post(at(cast.library), request_body)
    made = answer.json()
    assert (answer.status_code, made["status"], made["deployable"]) == (201, "running", None)
    assert (made["iid"], made["ref"], made["sha"]) == (1, "main", request_body["sha"])
    assert (made["user"]["username"], made["environment"]["name"]) == ("developer", "production")
    one = at(cast.library, made["id"])
    assert client.put(one, {"status": "success"}).json()["status"] == "success"
    assert client.put(one, {"status": "success"}).status_code == 400
    environment = Environment.objects.get()
    shown = client.get(f"/projects/{cast.library.pk}/environments/{environment.pk}").json()
    assert shown["last_deployment"]["id"] == made["id"]
    assert client.get(at(cast.library) + "?status=success&environment=production").json()[0]["id"] == made["id"]
    assert client.get(at(cast.library) + "?status=failed").json() == []
    assert set(AuditEvent.objects.values_list("event", flat=True)) >= {"deployment_reported", "deployment_updated"}


def test_no_deployment_waits_for_an_approval(cast: Cast, api: Any, request_body: dict[str, Any]):
    one = at(cast.library, api(cast.developer).post(at(cast.library), request_body).json()["id"])
    shown = api(cast.developer).get(one).json()
    assert (shown["approvals"], shown["pending_approval_count"]) == ([], 0)
    answer = api(cast.developer).post(f"{one}/approval", {"status": "approved", "comment": "ok"})
    assert (answer.status_code, answer.json()) == (400, {"message": "This environment is not protected."})
    assert api(cast.developer).post(f"{one}/approval", {"status": "maybe"}).status_code == 400
    assert api(cast.developer).post(at(cast.library, "9999999/approval"), {"status": "approved"}).status_code == 404
    assert api(cast.reporter).post(f"{one}/approval", {"status": "approved"}).status_code == 403


def test_a_jobs_token_reports_with_both_permissions_and_updates_with_one(
    cast: Cast, api: Any, request_body: dict[str, Any]
):
    entry = AllowlistEntry.objects.create(
        project=cast.library, target_project=cast.app, direction="inbound", default_permissions=False,
        permissions=["admin_deployments"],
    )  # fmt: skip
    client = api(job=cast.job_token())
    refused = client.post(at(cast.library), request_body)
    assert (refused.status_code, "admin_environments" in refused.json()["message"]) == (403, True)
    entry.permissions = ["admin_deployments", "admin_environments"]
    entry.save()
    made = client.post(at(cast.library), request_body)
    assert made.status_code == 201, made.json()
    entry.permissions = ["admin_deployments"]
    entry.save()
    assert client.put(at(cast.library, made.json()["id"]), {"status": "failed"}).json()["status"] == "failed"
    entry.delete()
    assert client.put(at(cast.library, made.json()["id"]), {"status": "success"}).status_code == 404


def test_a_jobs_own_deployment_says_itself_how_it_goes(cast: Cast, api: Any):
    deploy(cast)
    own = Deployment.objects.get()
    assert api(cast.owner).put(at(cast.app, own.pk), {"status": "failed"}).status_code == 403
    assert Deployment.objects.get().status == "success"


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"sha": "0" * 40}, 400), ({"sha": "main\n"}, 400), ({"status": "created"}, 400), ({"environment": "a//"}, 400),
        ({"tag": None}, 400), ({"ref": ""}, 400),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(cast: Cast, api: Any, request_body: dict[str, Any], wrong: Any, status: int):
    assert api(cast.developer).post(at(cast.library), request_body | wrong).status_code == status
    assert not Deployment.objects.exists()
    assert not Environment.objects.exists()


def test_a_reporter_and_a_stranger_report_nothing(cast: Cast, api: Any, request_body: dict[str, Any]):
    assert api(cast.reporter).post(at(cast.library), request_body).status_code == 403
    assert api(cast.outsider).post(at(cast.library), request_body).status_code == 404
    assert api().post(at(cast.library), request_body).status_code == 401


def test_a_reported_environment_has_a_page_and_is_stopped_without_a_job(
    cast: Cast, api: Any, client: Any, request_body: dict[str, Any]
):
    made = api(cast.developer).post(at(cast.library), request_body | {"status": "success"}).json()
    environment = Environment.objects.get()
    client.force_login(cast.developer)
    page = client.get(f"/acme/library/-/environments/{environment.pk}").content.decode()
    assert "Reported, #1" in page
    assert "Reported, #1" in client.get("/acme/library/-/environments").content.decode()
    assert api(cast.maintainer).request("DELETE", at(cast.library, made["id"])).status_code == 400  # the current one
    stop_environment(environment, by=cast.developer)
    assert again(environment).state == "stopped"
    api(cast.developer).post(at(cast.library), request_body | {"status": "success"})
    assert again(environment).state == "available"
    stop_for_branch(
        project=cast.library, ref="refs/heads/main", old=request_body["sha"], new=NULL_SHA, user=cast.developer
    )
    assert again(environment).state == "stopped"
