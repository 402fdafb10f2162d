"""CI variables over REST (runner.md §6)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from jobs.models import CiVariable
from tests.factories.cast import Cast

SECRET = "s3cret-value-1"


def address(cast: Cast, where: str, key: str = "") -> str:
    place = {
        "project": f"/projects/{cast.app.pk}/variables",
        "group": f"/groups/{cast.acme.pk}/variables",
        "instance": "/admin/ci/variables",
    }[where]
    return f"{place}/{key}" if key else place


@pytest.mark.parametrize(
    ("where", "who", "not_who"),
    [("project", "maintainer", "developer"), ("group", "owner", "maintainer"), ("instance", "admin", "owner")],
)
def test_variables_are_made_read_changed_and_deleted(cast: Cast, api: Any, where: str, who: str, not_who: str) -> None:
    client, at = api(getattr(cast, who)), address(cast, where, "DEPLOY_KEY")
    made = client.post(address(cast, where), {"key": "DEPLOY_KEY", "value": SECRET, "masked": True})
    assert made.status_code == 201
    scope = {} if where == "instance" else {"environment_scope": "*"}
    assert made.json() == {
        "key": "DEPLOY_KEY", "value": SECRET, "variable_type": "env_var", "protected": False, "masked": True,
        "hidden": False, "raw": False, "description": None, **scope,
    }  # fmt: skip
    assert client.get(at).json() == made.json()
    assert [one["key"] for one in client.get(address(cast, where)).json()] == ["DEPLOY_KEY"]
    changed = client.put(at, {"value": "other-value", "protected": True}).json()
    assert (changed["value"], changed["protected"], changed["masked"]) == ("other-value", True, True)
    assert api(getattr(cast, not_who)).get(at).status_code == 403
    assert client.delete(at).status_code == 204
    answer = client.get(at)
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Variable Not Found"})
    events = list(AuditEvent.objects.filter(event__startswith="variable_").values_list("event", flat=True))
    assert sorted(events) == ["variable_created", "variable_deleted", "variable_updated"]
    assert not any(SECRET in str(vars(event)) for event in AuditEvent.objects.all())


def test_the_value_is_not_kept_plain(cast: Cast, api: Any) -> None:
    api(cast.maintainer).post(address(cast, "project"), {"key": "KEY", "value": SECRET})
    kept = CiVariable.objects.get()
    assert SECRET not in kept.sealed
    assert kept.value == SECRET


def test_a_hidden_value_is_never_shown_again(cast: Cast, api: Any) -> None:
    client, at = api(cast.maintainer), address(cast, "project", "KEY")
    made = client.post(address(cast, "project"), {"key": "KEY", "value": SECRET, "masked_and_hidden": True}).json()
    assert (made["value"], made["hidden"], made["masked"]) == (None, True, True)
    assert client.get(at).json()["value"] is None
    assert client.put(at, {"masked": False}).status_code == 400
    assert client.put(at, {"description": "what for"}).json()["description"] == "what for"
    assert CiVariable.objects.get().value == SECRET


@pytest.mark.parametrize("hidden", [True, "true", "1"])
def test_the_name_that_answers_have_for_hidden_makes_no_readable_variable(cast: Cast, api: Any, hidden: Any) -> None:
    client, at = api(cast.maintainer), address(cast, "project")
    answer = client.post(at, {"key": "KEY", "value": SECRET, "hidden": hidden})
    assert answer.status_code == 400
    assert answer.json() == {"error": "hidden is not supported; use masked_and_hidden"}
    assert not CiVariable.objects.exists()
    assert client.post(at, {"key": "KEY", "value": SECRET, "hidden": False}).status_code == 201


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"value": "short", "masked": True}, {"value": ["is invalid"]}),
        ({"value": "has a space in it", "masked": True}, {"value": ["is invalid"]}),
        ({"value": "dollar$inside", "masked": True}, {"value": ["is invalid"]}),
        ({"value": "two\nlines-of-it", "masked": True, "raw": True}, {"value": ["is invalid"]}),
        ({"value": "trailing-line\n", "masked": True}, {"value": ["is invalid"]}),
        ({"key": "with-dash", "value": "x"}, {"key": ["can contain only letters, digits and '_'."]}),
        ({"value": "x" * 10_001}, {"value": ["is too long (maximum is 10000 characters)"]}),
    ],
)
def test_what_cannot_be_is_refused(cast: Cast, api: Any, given: dict[str, Any], message: Any) -> None:
    answer = api(cast.maintainer).post(address(cast, "project"), {"key": "KEY", **given})
    assert (answer.status_code, answer.json()) == (400, {"message": message})
    assert not CiVariable.objects.exists()


@pytest.mark.one_case
@pytest.mark.parametrize(
    "given",
    [{}, {"key": "K"}, {"value": "v"}, {"key": "K", "value": ["v"]}, {"key": "K", "value": "\0"},
     {"key": ["K"], "value": "v"}, {"key": "K", "value": "v", "masked": 7},
     {"key": "K", "value": "v", "variable_type": "else"},
     {"key": "K", "value": "v", "environment_scope": "a;b"}, {"key": "K" * 300, "value": "v"}],
)  # fmt: skip
def test_nonsense_is_a_400(cast: Cast, api: Any, given: dict[str, Any]) -> None:
    assert api(cast.maintainer).post(address(cast, "project"), given).status_code == 400


def test_raw_values_may_hold_a_dollar_and_still_be_masked(cast: Cast, api: Any) -> None:
    given = {"key": "KEY", "value": "dollar$inside", "masked": True, "raw": True}
    assert api(cast.maintainer).post(address(cast, "project"), given).status_code == 201


def test_an_empty_value_is_a_value(cast: Cast, api: Any) -> None:
    assert api(cast.maintainer).post(address(cast, "project"), {"key": "KEY", "value": ""}).json()["value"] == ""


def test_one_key_stands_once_per_environment(cast: Cast, api: Any) -> None:
    client, at = api(cast.maintainer), address(cast, "project")
    for scope in ("*", "production"):
        given = {"key": "KEY", "value": scope, "environment_scope": scope}
        assert client.post(at, given).status_code == 201
    again = client.post(at, {"key": "KEY", "value": "x"})
    assert (again.status_code, again.json()) == (400, {"message": {"key": ["(KEY) has already been taken"]}})
    assert client.get(f"{at}/KEY").status_code == 409
    chosen = f"{at}/KEY?filter[environment_scope]=production"
    assert client.get(chosen).json()["value"] == "production"
    assert client.put(f"{at}/KEY", {"value": "new", "filter": {"environment_scope": "*"}}).json()["value"] == "new"
    assert client.delete(chosen).status_code == 204
    assert client.get(f"{at}/KEY").json()["value"] == "new"


def test_jobs_and_strangers_get_nothing(cast: Cast, api: Any) -> None:
    at = address(cast, "project")
    assert api(cast.outsider).get(at).status_code == 404
    assert api(job=cast.job_token()).get(at).status_code in {401, 404}
