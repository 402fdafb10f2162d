"""Runners by REST (runner.md §1.2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from jobs.models import Runner
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.runner import FakeRunner


def new(project: int, **more: Any) -> dict[str, Any]:
    return {"runner_type": "project_type", "project_id": project, **more}


def test_a_maintainer_makes_a_runner_that_works(cast: Cast, api: Any) -> None:
    body = new(cast.app.pk, description="linux", tag_list="a, b", run_untagged=False)
    answer = api(cast.maintainer).post("/user/runners", body)
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert token.startswith("glrt-")
    assert FakeRunner(token).verify().json()["id"] == answer.json()["id"]
    runner = Runner.objects.get()
    assert (runner.tag_list, runner.run_untagged, runner.description) == (["a", "b"], False, "linux")
    assert token not in str(vars(runner))
    assert AuditEvent.objects.get(event="runner_created").target_path == "acme/app"


def test_a_token_for_making_runners_is_enough(cast: Cast, api: Any) -> None:
    client = api(token=token_for(cast.maintainer, ("create_runner",)))
    assert client.post("/user/runners", new(cast.app.pk)).status_code == 201
    assert (
        api(token=token_for(cast.maintainer, ("read_api",))).post("/user/runners", new(cast.app.pk)).status_code == 403
    )


@pytest.mark.parametrize(("who", "status"), [("developer", 403), ("guest", 403), ("outsider", 404)])
def test_managing_runners_takes_a_maintainer(cast: Cast, api: Any, who: str, status: int) -> None:
    assert api(getattr(cast, who)).post("/user/runners", new(cast.app.pk)).status_code == status
    assert not Runner.objects.exists()


def test_a_group_runner_takes_an_owner_and_an_instance_runner_an_administrator(cast: Cast, api: Any) -> None:
    group = {"runner_type": "group_type", "group_id": cast.acme.pk}
    assert api(cast.maintainer).post("/user/runners", group).status_code == 403
    assert api(cast.owner).post("/user/runners", group).status_code == 201
    instance = {"runner_type": "instance_type"}
    assert api(cast.owner).post("/user/runners", instance).status_code == 403
    assert api(cast.admin).post("/user/runners", instance).status_code == 201


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "runner_type is missing"),
        ({"runner_type": "no"}, "runner_type does not have a valid value"),
        ({"runner_type": "project_type"}, "project_id is missing"),
        ({"runner_type": "project_type", "project_id": "x"}, "project_id is invalid"),
    ],
)
def test_bad_input_is_named(cast: Cast, api: Any, body: dict[str, Any], error: str) -> None:
    answer = api(cast.maintainer).post("/user/runners", body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.one_case
@pytest.mark.parametrize(
    "fields",
    [{"maximum_timeout": 5}, {"run_untagged": False}, {"tag_list": ["x" * 300]}, {"tag_list": list("abcdefgh" * 9)},
     {"description": "x" * 300}, {"maximum_timeout": 2**40}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(cast: Cast, api: Any, fields: dict[str, Any]) -> None:
    assert api(cast.maintainer).post("/user/runners", new(cast.app.pk, **fields)).status_code == 400
    assert not Runner.objects.exists()


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30])
def test_a_project_that_is_not_there_is_not_found(cast: Cast, api: Any, number: int) -> None:
    assert api(cast.maintainer).post("/user/runners", new(number)).status_code in {400, 404}


def test_a_runner_is_shown_changed_and_deleted_by_who_manages_it(cast: Cast, api: Any) -> None:
    runner = runners.runner(cast.app, description="old")
    pk = Runner.objects.get().pk
    client = api(cast.maintainer)
    assert [one["id"] for one in client.get("/runners").json()] == [pk]
    assert client.get(f"/runners/{pk}").json()["projects"][0]["path_with_namespace"] == "acme/app"
    assert client.put(f"/runners/{pk}", {"paused": True, "tag_list": ["x"]}).json()["paused"] is True
    assert runner.poll().status_code == 204
    assert AuditEvent.objects.filter(event="runner_updated").count() == 1
    assert client.delete(f"/runners/{pk}").status_code == 204
    assert runner.verify().status_code == 403


def test_what_one_does_not_manage_is_not_there(cast: Cast, api: Any) -> None:
    runners.runner(cast.app)
    pk = Runner.objects.get().pk
    for who in (cast.developer, cast.outsider):
        client = api(who)
        assert client.get("/runners").json() == []
        assert client.get(f"/runners/{pk}").status_code == 404
        assert client.put(f"/runners/{pk}", {"paused": True}).status_code == 404
        assert client.delete(f"/runners/{pk}").status_code == 404
    assert api(cast.maintainer).get("/runners/all").status_code == 403
    assert len(api(cast.admin).get("/runners/all").json()) == 1


def test_a_new_token_makes_the_old_one_worthless(cast: Cast, api: Any) -> None:
    runner = runners.runner(cast.app)
    pk = Runner.objects.get().pk
    answer = api(cast.maintainer).post(f"/runners/{pk}/reset_authentication_token", b"null")
    assert answer.status_code == 201
    assert runner.verify().status_code == 403
    fresh = FakeRunner(answer.json()["token"])
    assert fresh.verify().status_code == 200
    rotated = fresh.api.post("/runners/reset_authentication_token", {"token": fresh.token})
    assert rotated.status_code == 201
    assert fresh.verify().status_code == 403


def test_a_token_says_when_it_ends_and_is_replaced_by_the_runner_in_time(cast: Cast, settings: Any) -> None:
    settings.RUNNER_TOKEN_DAYS = 30
    runner = runners.runner(cast.app)
    expires_at = runner.verify().json()["token_expires_at"]
    assert timedelta(days=29) < datetime.fromisoformat(expires_at) - timezone.now() <= timedelta(days=30)
    Runner.objects.update(token_expires_at=timezone.now() + timedelta(days=7))
    fresh = runner.api.post("/runners/reset_authentication_token", {"token": runner.token}).json()
    assert datetime.fromisoformat(fresh["token_expires_at"]) > timezone.now() + timedelta(days=29)


def test_a_token_that_has_ended_is_unknown(cast: Cast) -> None:
    runner = runners.runner(cast.app)
    runners.pipeline(cast.app, cast.developer)
    Runner.objects.update(token_expires_at=timezone.now() - timedelta(seconds=1))
    assert runner.verify().status_code == 403
    assert runner.poll().status_code == 403
    rotated = runner.api.post("/runners/reset_authentication_token", {"token": runner.token})
    assert rotated.status_code == 403


def test_a_project_lists_all_that_may_take_its_jobs(cast: Cast, api: Any) -> None:
    runners.runner(cast.app)
    runners.runner(cast.acme)
    runners.runner()
    runners.runner(cast.library)
    shown = api(cast.maintainer).get(f"/projects/{cast.app.pk}/runners").json()
    assert sorted(one["runner_type"] for one in shown) == ["group_type", "instance_type", "project_type"]
    assert len(api(cast.owner).get(f"/groups/{cast.acme.pk}/runners").json()) == 1


def test_a_runner_is_shared_with_another_project_and_taken_back(cast: Cast, api: Any) -> None:
    runners.runner(cast.app)
    pk = Runner.objects.get().pk
    client, address = api(cast.maintainer), f"/projects/{cast.library.pk}/runners"
    assert client.post(address, {"runner_id": pk}).status_code == 201
    assert client.post(address, {"runner_id": pk}).status_code == 400
    refused = client.delete(f"/runners/{pk}")
    assert (refused.status_code, "more than one project" in refused.json()["message"]) == (403, True)
    page = Client()
    page.force_login(cast.maintainer)
    page.post(f"/acme/app/-/settings/ci_cd/runners/{pk}/delete")
    assert Runner.objects.filter(pk=pk).exists()
    assert client.delete(f"{address}/{pk}").status_code == 204
    assert client.delete(f"/projects/{cast.app.pk}/runners/{pk}").status_code == 403
    assert client.post(address, {"runner_id": 10**20}).status_code == 400
    Runner.objects.update(locked=True)
    assert client.post(address, {"runner_id": pk}).status_code == 400
