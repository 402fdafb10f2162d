"""A name that an operation does not know is refused by it, and nothing is done; unless some client sends such, for the
reason that is declared."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError

from api.input.faults import list_faults
from api.input.parameters import Parameters
from tests.factories.cast import Cast
from tokenaccess.adapters.endpoints import Endpoint, endpoints
from tokens.models import DeployToken

# Whose inputs may hold names that nobody declared.
OF_RUNNERS = {
    "DELETE /runners", "DELETE /runners/managers", "GET /jobs/*/artifacts", "GET /runners/router/discovery",
    "PATCH /jobs/*/trace", "POST /jobs/*/artifacts", "POST /jobs/request", "POST /runners",
    "POST /runners/reset_authentication_token", "POST /runners/verify", "PUT /jobs/*",
}  # fmt: skip
OF_WEBHOOKS = {"POST /projects/*/trigger/pipeline", "POST /projects/*/ref/*/trigger/pipeline"}
OF_AUTHZEN = {f"POST /access/v1/{name}" for name in ("evaluation", "evaluations")} | {
    f"POST /access/v1/search/{name}" for name in ("subject", "resource", "action")
}
KEEPS_OTHERS = {"PUT /application/settings"}  # as settings without effect, which its answer names


def label(endpoint: Endpoint, method: str) -> str:
    return f"{method} {re.sub('<[^>]+>', '*', endpoint.route.removeprefix('/api/v4'))}"


def refuses(params: type[Parameters], name: str) -> bool:
    try:
        params.read_values({name: "x"})
    except ValidationError as refusal:
        return (name, "is not supported") in list_faults(refusal.detail)
    return False


@pytest.mark.pure
def test_every_operation_refuses_a_name_it_does_not_know_but_for_those_whose_clients_send_more() -> None:
    found = {
        label(endpoint, method): operation.params
        for endpoint in endpoints()
        for method, operation in endpoint.operations.items()
    }
    lenient = {name for name, params in found.items() if params.lenient and "/packages/npm/" not in name}
    assert lenient == OF_RUNNERS | OF_WEBHOOKS | OF_AUTHZEN
    takes = {name for name, params in found.items() if not params.lenient and not refuses(params, "unheard_of")}
    assert takes == KEEPS_OTHERS


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/projects?last_activity_since=2024-01-01", "last_activity_since"),
        ("/groups/acme/projects?with_security_report=true", "with_security_report"),
        ("/groups/acme/members?role=50", "role"),
        ("/projects/acme%2Flibrary/pipelines?ref_type=tag", "ref_type"),
        ("/projects/acme%2Flibrary/jobs?stage=deploy", "stage"),
        ("/projects/acme%2Flibrary/variables?protected=true", "protected"),
        ("/projects/acme%2Flibrary/triggers?owner=me", "owner"),
        ("/projects/acme%2Flibrary/deploy_tokens?user=me", "user"),
        ("/runners/all?creator_id=1", "creator_id"),
        ("/version?of=me", "of"),
        ("/token_access/rules/schema?version=2", "version"),
        ("/projects/acme%2Flibrary/packages/pypi/simple/?name=demo", "name"),
        ("/users?email=a@example.com", "email"),
    ],
)
def test_a_list_is_not_shown_without_the_filter_that_was_asked_for(
    cast: Cast, api: Any, address: str, name: str
) -> None:
    answer = api(cast.admin).get(address)
    assert (answer.status_code, answer.json()) == (400, {"error": f"{name} is not supported"})


@pytest.mark.parametrize("name", ["page", "per_page", "cursor", "private_token", "token"])
def test_what_every_address_takes_is_a_text(cast: Cast, api: Any, name: str) -> None:
    for shape in (f"{name}[]=2", f"{name}[a]=2"):
        answer = api(cast.owner).get(f"/projects?{shape}")
        assert (answer.status_code, answer.json()) == (400, {"error": f"{name} is invalid"}), shape
    assert api(cast.owner).get("/projects?page=1&page=2").status_code == 200


def test_many_long_and_invisible_names_are_named_in_reason(cast: Cast, api: Any) -> None:
    said = api(cast.owner).get("/projects?" + "&".join(f"a{number}=1" for number in range(33))).json()["error"]
    assert said.endswith("a19 is not supported, and 13 more are not supported")
    assert api(cast.owner).get(f"/projects?{'z' * 3000}=1").json() == {"error": f"{'z' * 100} is not supported"}
    assert api(cast.owner).get("/projects?a%E2%80%AEb=1").json() == {"error": "a[U+202E]b is not supported"}


def test_nothing_is_made_without_the_setting_that_was_asked_for(cast: Cast, api: Any) -> None:
    body = {"name": "ci", "scopes": ["read_repository"], "ip": "192.0.2.0/24"}
    answer = api(cast.maintainer).post(f"/projects/{cast.library.pk}/deploy_tokens", body)
    assert (answer.status_code, answer.json()) == (400, {"error": "ip is not supported"})
    assert not DeployToken.objects.exists()


def test_nothing_is_changed_and_nothing_done_with_a_name_that_is_unknown(cast: Cast, api: Any) -> None:
    project = f"/projects/{cast.library.pk}"
    renamed = api(cast.owner).put(project, {"name": "books", "read_only": "yes"})
    assert (renamed.status_code, renamed.json()) == (400, {"error": "read_only is not supported"})
    archived = api(cast.owner).post(f"{project}/archive", {"until": "2030-01-01"})
    assert (archived.status_code, archived.json()) == (400, {"error": "until is not supported"})
    cast.library.refresh_from_db()
    assert (cast.library.name, cast.library.archived) == ("library", False)


def test_no_artifacts_are_deleted_without_the_condition_that_was_set(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).delete(f"/projects/{cast.library.pk}/artifacts?older_than=1month")
    assert (answer.status_code, answer.json()) == (400, {"error": "older_than is not supported"})


def test_what_the_address_says_may_be_said_again_but_not_differently(cast: Cast, api: Any) -> None:
    maintainer, variables = api(cast.maintainer), f"/projects/{cast.library.pk}/variables"
    assert maintainer.post(variables, {"key": "KEY", "value": "a"}).status_code == 201
    assert maintainer.put(f"{variables}/KEY", {"key": "KEY", "value": "b"}).json()["value"] == "b"
    other = maintainer.put(f"{variables}/KEY", {"key": "OTHER", "value": "c"})
    assert (other.status_code, other.json()) == (400, {"error": "key is not supported"})
    file = f"/projects/{cast.library.pk}/repository/files/docs%2Fa.txt"
    change = {"branch": "main", "commit_message": "x", "content": "a"}
    assert maintainer.post(file, {**change, "file_path": "docs%2Fa.txt"}).status_code == 201
    assert maintainer.put(file, {**change, "content": "b", "file_path": "docs/a.txt"}).status_code == 200


@pytest.mark.parametrize("order", ["order_by=id", "order_by=id&sort=desc"])
def test_the_one_order_that_a_list_has_may_be_named(cast: Cast, api: Any, order: str) -> None:
    jobs = f"/projects/{cast.library.pk}/jobs"
    assert api(cast.maintainer).get(f"{jobs}?pagination=keyset&{order}").status_code == 200
    assert api(cast.maintainer).get(f"{jobs}?order_by=name").json() == {"error": "order_by is not supported"}


def test_credentials_and_pages_are_known_to_every_operation(cast: Cast, api: Any) -> None:
    address = "/projects/acme%2Flibrary/triggers?private_token=&job_token=&page=1&per_page=100&pagination=offset"
    assert api(cast.maintainer).get(address).status_code == 200
