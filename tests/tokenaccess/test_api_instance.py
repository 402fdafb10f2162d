"""`/application/settings`, `/features` and the attributes of `/projects/:id`.

job-token.md §3.2, contract/README.md decision 3.
"""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from tests.factories import people
from tests.factories.cast import Cast
from tokenaccess.access.facts import is_switch_on, settings_of
from tokenaccess.models import InstanceSettings

ENFORCE = "enforce_ci_inbound_job_token_scope_enabled"
SWITCH = "/features/ci_scoped_job_token"


def test_an_administrator_enforces_the_limit_everywhere(cast: Cast, api: Any) -> None:
    speak = api(cast.admin)
    assert speak.get("/application/settings").json()[ENFORCE] is False
    answer = speak.put("/application/settings", {ENFORCE: True, "ci_job_token_allowlist_limit": "50"})
    assert answer.status_code == 200
    assert (answer.json()[ENFORCE], answer.json()["ci_job_token_allowlist_limit"]) == (True, 50)
    assert speak.get("/application/settings").json()[ENFORCE] is True
    assert InstanceSettings.current().enforce_inbound


def test_an_administrator_sets_how_many_pipelines_a_push_starts(cast: Cast, api: Any) -> None:
    speak = api(cast.admin)
    assert speak.get("/application/settings").json()["git_push_pipeline_limit"] == 4
    assert speak.put("/application/settings", {"git_push_pipeline_limit": 0}).json()["git_push_pipeline_limit"] == 0
    assert InstanceSettings.current().git_push_pipeline_limit == 0


@pytest.mark.one_case
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Signup-Enabled": True},
        {ENFORCE: "perhaps"},
        {ENFORCE: None},
        {"ci_job_token_allowlist_limit": -1},
        {"ci_job_token_allowlist_limit": 10**30},
        {"ci_job_token_editor_needs_both": []},
        {"git_push_pipeline_limit": -1},
        {"git_push_pipeline_limit": 10**30},
        {"git_push_pipeline_limit": "many"},
    ],
)
def test_improper_settings_are_a_400_and_change_nothing(cast: Cast, api: Any, body: Any) -> None:
    answer = api(cast.admin).put("/application/settings", body)
    assert answer.status_code == 400
    assert "error" in answer.json()
    assert InstanceSettings.current().editor_needs_both


def test_the_feature_switch_is_turned_off_on_and_back(cast: Cast, api: Any) -> None:
    speak = api(cast.admin)
    shown = {
        "name": "ci_scoped_job_token",
        "state": "on",
        "gates": [{"key": "boolean", "value": True}],
        "definition": None,
    }
    assert speak.get("/features").json()[0] == shown
    answer = speak.post(SWITCH, {"value": "false"})
    assert (answer.status_code, answer.json()["state"]) == (201, "off")
    assert not is_switch_on()
    assert speak.get("/features").json()[0]["gates"] == [{"key": "boolean", "value": False}]
    assert speak.delete(SWITCH).status_code == 204
    assert is_switch_on()


def test_the_switch_for_pushes_across_projects_is_off_until_it_is_turned_on(cast: Cast, api: Any) -> None:
    speak, name = api(cast.admin), "allow_push_to_allowlisted_projects"
    assert [feature["state"] for feature in speak.get("/features").json()] == ["on", "off"]
    assert speak.post(f"/features/{name}", {"value": True}).json()["state"] == "on"
    assert (is_switch_on(), is_switch_on(name)) == (True, True)
    assert speak.delete(f"/features/{name}").status_code == 204
    assert not is_switch_on(name)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "value is missing"),
        ({"value": 50}, "value is invalid"),
        ({"value": False, "project": "a/b"}, "project is invalid: the switch is for the whole instance"),
    ],
)
def test_an_improper_value_is_a_400(cast: Cast, api: Any, body: Any, error: str) -> None:
    answer = api(cast.admin).post(SWITCH, body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert is_switch_on()


def test_a_switch_of_any_other_name_is_kept_and_forgotten(cast: Cast, api: Any) -> None:
    speak = api(cast.admin)
    assert speak.post("/features/another", {"value": True}).status_code == 201
    assert [row["name"] for row in speak.get("/features").json()][2:] == ["another"]
    assert [speak.delete("/features/another").status_code for _ in range(2)] == [204, 204]
    assert len(speak.get("/features").json()) == 2
    assert speak.post("/features//another", {"value": True}).status_code == 201  # as python-gitlab writes it
    assert speak.post("/features/No-Name", {"value": True}).status_code == 400


def test_settings_without_effect_are_kept_and_named(cast: Cast, api: Any) -> None:
    speak = api(cast.admin)
    answer = speak.put(
        "/application/settings", {"signup_enabled": False, "akismet_api_key": "s3cret", "git_push_pipeline_limit": 7}
    )
    assert answer.status_code == 200
    body = speak.get("/application/settings").json()
    assert (body["signup_enabled"], body["akismet_api_key"], body["git_push_pipeline_limit"]) == (False, "s3cret", 7)
    assert body["warnings"] == [
        "akismet_api_key is kept and has no effect on this server",
        "signup_enabled is kept and has no effect on this server",
    ]
    assert "s3cret" not in InstanceSettings.current().sealed_others
    assert not AuditEvent.objects.filter(details__icontains="s3cret").exists()
    assert "signup_enabled" not in speak.put("/application/settings", {"signup_enabled": None}).json()
    assert speak.put("/application/settings", {"signup_text": "x" * 70_000}).status_code == 400
    assert api(cast.owner).get("/application/settings").status_code == 403


@pytest.mark.parametrize(
    "name", ["allow_local_requests_from_web_hooks_and_services", "allow_local_requests_from_system_hooks"]
)
def test_requests_to_the_local_network_are_a_setting_like_any_other(cast: Cast, api: Any, name: str) -> None:
    speak = api(cast.admin)
    assert speak.get("/application/settings").json()[name] is False
    refused = speak.put("/application/settings", {name: "perhaps"})
    assert (refused.status_code, refused.json()) == (400, {"error": f"{name} is invalid"})
    shown = speak.put("/application/settings", {name: "true", "signup_enabled": False}).json()
    assert (shown[name], shown["signup_enabled"], len(shown["warnings"])) == (True, False, 1)
    change = AuditEvent.objects.get(event="instance_settings_updated")
    assert (change.message, change.details) == (f"Instance settings changed: {name}: true", {name: True})
    shown = speak.put("/application/settings", {name: False}).json()
    assert (shown[name], shown["signup_enabled"]) == (False, False)


ROUTES = [
    ("GET", "/application/settings", None),
    ("PUT", "/application/settings", {ENFORCE: True}),
    ("GET", "/features", None),
    ("POST", SWITCH, {"value": False}),
    ("DELETE", SWITCH, None),
]


@pytest.mark.parametrize(("method", "path", "body"), ROUTES)
def test_only_an_administrator_may(cast: Cast, api: Any, method: str, path: str, body: Any) -> None:
    assert api().request(method, path, body).status_code == 401
    assert api(job=cast.job_token()).request(method, path, body).status_code == 401
    answer = api(cast.owner).request(method, path, body)
    assert (answer.status_code, answer.json()) == (403, {"message": "403 Forbidden"})
    reader = people.token_for(cast.admin, ("read_api",))
    assert api(token=reader).request(method, path, body).status_code == (200 if method == "GET" else 403)
    assert is_switch_on()
    assert not InstanceSettings.current().enforce_inbound


def test_a_project_shows_and_takes_its_outbound_limit_and_job_pushes(cast: Cast, api: Any) -> None:
    address = f"/projects/{cast.library.pk}"
    names = (
        "ci_job_token_scope_enabled",
        "ci_push_repository_for_job_token_allowed",
        "ci_cross_project_push_for_job_token_allowed",
        "ci_pipelines_for_job_token_push_allowed",
    )
    shown = api(cast.maintainer).get(address).json()
    assert [shown[name] for name in names] == [False] * 4
    answer = api(cast.maintainer).put(address, dict.fromkeys(names, True))
    assert (answer.status_code, [answer.json()[name] for name in names]) == (200, [True] * 4)
    settings = settings_of(cast.library)
    assert (settings.limits_outbound, settings.takes_job_pushes) == (True, True)
    assert (settings.takes_cross_project_pushes, settings.job_pushes_start_pipelines) == (True, True)
    assert not set(names) & set(api(cast.developer).get(address).json())
