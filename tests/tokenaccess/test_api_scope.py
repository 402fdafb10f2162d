"""`/projects/:id/job_token_scope`, row by row of job-token.md §3 and §3.1."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.factories import people
from tests.factories.cast import Cast
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import Visibility


def scope(cast: Cast) -> str:
    return f"/projects/{cast.library.pk}/job_token_scope"


def test_the_scope_shows_both_limits(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).get(scope(cast))
    assert (answer.status_code, answer.json()) == (200, {"inbound_enabled": True, "outbound_enabled": False})


def test_a_project_can_be_named_by_its_path(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).get(f"/projects/{quote('acme/library', safe='')}/job_token_scope")
    assert answer.status_code == 200


def test_the_scope_shows_the_effective_limit(cast: Cast, api: Any) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False, outbound=True)
    assert api(cast.owner).get(scope(cast)).json() == {"inbound_enabled": False, "outbound_enabled": True}
    services.change_instance_settings(by=cast.admin, enforce_inbound=True)
    assert api(cast.owner).get(scope(cast)).json() == {"inbound_enabled": True, "outbound_enabled": True}


@pytest.mark.parametrize("enabled", [False, "false", "0"])
def test_the_scope_turns_the_inbound_limit_off_and_on(cast: Cast, api: Any, enabled: Any) -> None:
    speak = api(cast.maintainer)
    answer = speak.patch(scope(cast), {"enabled": enabled})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not settings_of(cast.library).limits_inbound
    assert speak.patch(scope(cast), {"enabled": True}).status_code == 204
    assert settings_of(cast.library).limits_inbound


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "enabled is missing"),
        ({"outbound_scope_enabled": False}, "outbound_scope_enabled is not supported, enabled is missing"),
        ({"enabled": False, "outbound_scope_enabled": False}, "outbound_scope_enabled is not supported"),
        ([], "enabled is missing"),
        ({"enabled": None}, "enabled is empty"),
        ({"enabled": ""}, "enabled is empty"),
        ({"enabled": 123}, "enabled is invalid"),
        ({"enabled": "maybe\0"}, "enabled is invalid"),
        ({"enabled": {"no": 1}}, "enabled is invalid"),
    ],
)
def test_the_scope_refuses_values_that_are_no_boolean_and_changes_nothing(
    cast: Cast, api: Any, body: Any, error: str
) -> None:
    answer = api(cast.maintainer).patch(scope(cast), body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert settings_of(cast.library).limits_inbound


def test_a_limit_that_the_instance_enforces_cannot_be_turned_off(cast: Cast, api: Any) -> None:
    services.change_instance_settings(by=cast.admin, enforce_inbound=True)
    answer = api(cast.maintainer).patch(scope(cast), {"enabled": False})
    assert answer.status_code == 400
    assert answer.json()["message"] == (
        "400 Bad request - Job token scope cannot be disabled for this project because it is enforced for the instance."
    )
    assert api(cast.maintainer).patch(scope(cast), {"enabled": True}).status_code == 204


# --- Who --------------------------------------------------------------------------------------------------------------

ROUTES = [
    ("GET", "", None),
    ("PATCH", "", {"enabled": False}),
    ("GET", "/allowlist", None),
    ("POST", "/allowlist", {"target_project_id": 1}),
    ("DELETE", "/allowlist/1", None),
    ("GET", "/groups_allowlist", None),
    ("POST", "/groups_allowlist", {"target_group_id": 1}),
    ("DELETE", "/groups_allowlist/1", None),
]


@pytest.fixture(params=ROUTES, ids=lambda route: f"{route[0]} job_token_scope{route[1]}")
def route(request: pytest.FixtureRequest) -> tuple[str, str, Any]:
    return request.param


def test_nobody_is_asked_to_sign_in(cast: Cast, api: Any, route: tuple[str, str, Any]) -> None:
    method, rest, body = route
    for place in (cast.library.pk, 999_999):
        answer = api().request(method, f"/projects/{place}/job_token_scope{rest}", body)
        assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})


def test_a_job_token_does_not_serve_here(cast: Cast, api: Any, route: tuple[str, str, Any]) -> None:
    method, rest, body = route
    own = cast.job_token(cast.library, cast.owner)
    answer = api(job=own).request(method, f"/projects/{cast.library.pk}/job_token_scope{rest}", body)
    assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})


def test_a_stranger_learns_nothing(cast: Cast, api: Any, route: tuple[str, str, Any]) -> None:
    method, rest, body = route
    for place in (cast.library.pk, 999_999, 10**30, quote("no/such", safe="")):
        answer = api(cast.outsider).request(method, f"/projects/{place}/job_token_scope{rest}", body)
        assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})


def test_a_developer_may_not(cast: Cast, api: Any, route: tuple[str, str, Any]) -> None:
    method, rest, body = route
    answer = api(cast.developer).request(method, f"/projects/{cast.library.pk}/job_token_scope{rest}", body)
    message = "403 Forbidden"
    if method == "DELETE":
        message += " - Insufficient permissions to modify the job token scope"
    assert (answer.status_code, answer.json()) == (403, {"message": message})
    assert settings_of(cast.library).limits_inbound


def test_a_stranger_may_not_change_the_scope_of_a_public_project(
    cast: Cast, api: Any, route: tuple[str, str, Any]
) -> None:
    cast.library.visibility = Visibility.PUBLIC
    cast.library.save()
    method, rest, body = route
    assert (
        api(cast.outsider).request(method, f"/projects/{cast.library.pk}/job_token_scope{rest}", body).status_code
        == 403
    )


def test_a_token_for_reading_reads_and_changes_nothing(cast: Cast, api: Any, route: tuple[str, str, Any]) -> None:
    method, rest, body = route
    reader = people.token_for(cast.maintainer, ("read_api",))
    answer = api(token=reader).request(method, f"/projects/{cast.library.pk}/job_token_scope{rest}", body)
    if method == "GET":
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")


def test_an_administrator_may_everywhere(cast: Cast, api: Any) -> None:
    assert api(cast.admin).patch(scope(cast), {"enabled": False}).status_code == 204
    assert not settings_of(cast.library).limits_inbound
