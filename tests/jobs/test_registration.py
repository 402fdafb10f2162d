"""Registering runners the old way (runner.md §1.2)."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Runner
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.runner import INFO, FakeRunner
from tokenaccess.models import InstanceSettings


@pytest.fixture(autouse=True)
def _registration_tokens(db: None) -> None:
    InstanceSettings.objects.create(allow_runner_registration_token=True)


def register(token: Any, **more: Any) -> Any:
    return Api().post("/runners", {"token": token, "info": INFO, **more})


def test_a_runner_registers_with_the_projects_token_and_works(cast: Cast, api: Any) -> None:
    reset = api(cast.maintainer).post(f"/projects/{cast.app.pk}/runners/reset_registration_token")
    assert reset.status_code == 201
    made = register(reset.json()["token"], description="old", tag_list="linux,gpu", run_untagged=True, locked=True)
    assert made.status_code == 201
    assert set(made.json()) == {"id", "token", "token_expires_at"}
    assert not made.json()["token"].startswith("glrt-")
    runner = Runner.objects.get()
    assert (runner.tag_list, runner.locked, list(runner.projects.all())) == (["linux", "gpu"], True, [cast.app])
    runners.pipeline(cast.app, cast.developer)
    taken = FakeRunner(made.json()["token"])
    assert taken.verify().status_code == 200
    assert taken.take() is not None


def test_a_runner_keeps_the_kind_of_its_token_for_life(cast: Cast, api: Any) -> None:
    """gitlab-runner removes the runner itself when it unregisters, unless the token begins with `glrt-`."""
    reset = api(cast.maintainer).post(f"/projects/{cast.app.pk}/runners/reset_registration_token")
    token = register(reset.json()["token"]).json()["token"]
    by_itself = Api().post("/runners/reset_authentication_token", {"token": token})
    by_a_person = api(cast.maintainer).post(f"/runners/{Runner.objects.get().pk}/reset_authentication_token")
    for answer in (by_itself, by_a_person):
        assert answer.status_code == 201
        assert answer.json()["token"].startswith("glrtr-")
    assert FakeRunner(answer.json()["token"]).verify().status_code == 200


def test_each_place_has_its_own(cast: Cast, api: Any) -> None:
    group = api(cast.owner).post(f"/groups/{cast.acme.pk}/runners/reset_registration_token").json()["token"]
    instance = api(cast.admin).post("/runners/reset_registration_token").json()["token"]
    assert register(group).status_code == 201
    assert register(instance).status_code == 201
    assert sorted(Runner.objects.values_list("runner_type", flat=True)) == ["group_type", "instance_type"]


def test_a_reset_ends_the_former_token(cast: Cast, api: Any) -> None:
    address = f"/projects/{cast.app.pk}/runners/reset_registration_token"
    old = api(cast.maintainer).post(address).json()["token"]
    new = api(cast.maintainer).post(address).json()["token"]
    assert register(old).status_code == 403
    assert register(new).status_code == 201


def test_resetting_is_for_those_who_manage_the_place(cast: Cast, api: Any) -> None:
    address = f"/projects/{cast.app.pk}/runners/reset_registration_token"
    assert api(cast.developer).post(address).status_code == 403
    assert api(cast.outsider).post(address).status_code == 404
    assert api(cast.owner).post("/runners/reset_registration_token").status_code == 403


def test_a_new_instance_takes_none_and_says_why(cast: Cast, api: Any) -> None:
    token = api(cast.maintainer).post(f"/projects/{cast.app.pk}/runners/reset_registration_token").json()["token"]
    InstanceSettings.objects.all().delete()
    reset = api(cast.maintainer).post(f"/projects/{cast.app.pk}/runners/reset_registration_token")
    for answer in (register(token), reset):
        assert answer.status_code == 410
        assert "allow_runner_registration_token" in answer.json()["message"]
    on = api(cast.admin).put("/application/settings", {"allow_runner_registration_token": True})
    assert on.json()["allow_runner_registration_token"] is True
    assert register(token).status_code == 201


@pytest.mark.parametrize("token", ["x", "GR1348941" + "a" * 49, "glrt-x", ["x"], 5, "x" * 10_000])
def test_an_unknown_token_registers_nothing(db: None, token: Any) -> None:
    assert register(token).status_code == 403
    assert not Runner.objects.exists()


def test_bad_settings_are_refused(cast: Cast, api: Any) -> None:
    token = api(cast.maintainer).post(f"/projects/{cast.app.pk}/runners/reset_registration_token").json()["token"]
    assert Api().post("/runners", {}).json() == {"error": "token is missing"}
    for wrong in (
        {"run_untagged": False},
        {"maximum_timeout": 5},
        {"active": True, "paused": True},
        {"locked": "maybe"},
    ):
        assert register(token, **wrong).status_code == 400
    assert not Runner.objects.exists()
