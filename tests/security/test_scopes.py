"""A personal token does what its scopes name, whatever its person may do and whichever surface it is used on."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from django.test import Client

from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tokenaccess.access.facts import settings_of
from tokenaccess.adapters.endpoints import Endpoint, endpoints
from tokenaccess.policy.actions import Action, TargetKind
from tokenaccess.policy.needs import NEEDS

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
# Of these a token may ask about and end itself, whatever its scopes.
ITSELF = {Action.USE_TOKEN_ITSELF, Action.ROTATE_TOKEN_ITSELF}
# What only jobs ask for is a 404 for any scope.
OF_JOBS = {action for action in Action if NEEDS[action].kind is TargetKind.OWN_JOB}
# Asked by POST, with the question in the body: npm's advisories, and what a job would be answered.
PLACES = ("", "groups/:group/-/", "projects/:project/")
QUESTIONS = {f"/api/v4/{place}packages/npm/-/npm/v1/security/:rest" for place in PLACES}
QUESTIONS |= {f"/api/v4/token_access/{place}/rules/export" for place in ("groups/:group", "projects/:project")}
QUESTIONS |= {"/api/v4/token_access/explain"}
API = [endpoint for endpoint in endpoints() if endpoint.route.startswith("/api/v4/") and endpoint.actions]


def address(endpoint: Endpoint, cast: Cast) -> str:
    places = {
        "project": str(cast.library.pk),
        "group": str(cast.acme.pk),
        "user_id": str(cast.developer.pk),
        "suffix": "zip",
    }
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: places.get(found[1], "1"), endpoint.route)


def is_refused(answer: Any) -> bool:
    return answer.status_code == 403 and answer.json().get("error") == "insufficient_scope"


@pytest.mark.one_case
@pytest.mark.parametrize("scope", ["read_api", "read_user", "read_repository", "write_repository"])
def test_no_reading_scope_changes_anything_by_rest(cast: Cast, scope):
    api, let_through = Api(token=token_for(cast.admin, (scope,))), []
    for endpoint in API:
        for method, action in endpoint.actions.items():
            if method in WRITES and action not in ITSELF and endpoint.path not in QUESTIONS:
                answer = api.request(method, address(endpoint, cast), {})
                if not is_refused(answer) and not (action in OF_JOBS and answer.status_code == 404):
                    let_through.append(f"{method} {endpoint.path}: {answer.status_code}")
    assert not let_through


def readable(scope: str, cast: Cast) -> list[str]:
    """What an administrator's token of that scope may ask for."""
    api, paths = Api(token=token_for(cast.admin, (scope,))), []
    for endpoint in API:
        action = endpoint.actions.get("GET")
        if action is None or action in ITSELF or action in OF_JOBS:
            continue
        if not is_refused(api.get(address(endpoint, cast))):
            paths.append(endpoint.path)
    return sorted(paths)


def test_read_user_reads_people_and_nothing_else(cast: Cast):
    people = ["/api/v4/user", "/api/v4/users", "/api/v4/users/:user_id", "/api/v4/users/:user_id/keys"]
    people += ["/api/v4/users/:user_id/keys/:key_id", "/api/v4/users/:user_id/memberships"]
    assert readable("read_user", cast) == people


@pytest.mark.one_case
@pytest.mark.parametrize("scope", ["write_repository", "create_runner", "self_rotate"])
def test_a_scope_for_something_else_reads_nothing_by_rest(cast: Cast, scope):
    assert not readable(scope, cast)


def test_read_repository_reads_code_and_nothing_else_by_rest(cast: Cast):
    assert all("/repository/" in path for path in readable("read_repository", cast))


@pytest.mark.one_case
@pytest.mark.parametrize("scope", ["read_api", "read_user", "read_repository", "write_repository", "self_rotate"])
def test_no_reading_scope_changes_anything_by_graphql(cast: Cast, scope):
    query = (
        'mutation { projectCiCdSettingsUpdate(input: {fullPath: "acme/library", inboundJobTokenScopeEnabled: false})'
        " { errors } }"
    )
    answer = Api(token=token_for(cast.owner, (scope,))).post("/api/graphql", {"query": query})
    assert answer.status_code == 403 or answer.json()["data"] == {"projectCiCdSettingsUpdate": None}
    assert settings_of(cast.library).limits_inbound


@pytest.mark.one_case
@pytest.mark.parametrize("scope", ["read_user", "read_repository", "write_repository", "create_runner"])
def test_graphql_needs_a_scope_that_reads(cast: Cast, scope):
    answer = Api(token=token_for(cast.owner, (scope,))).post("/api/graphql", {"query": "{ currentUser { email } }"})
    assert answer.status_code == 403
    assert "data" not in answer.json()


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("scope", "service", "status"),
    [
        ("read_user", "upload", 403),
        ("create_runner", "upload", 403),
        ("self_rotate", "upload", 403),
        ("read_api", "upload", 200),
        ("read_repository", "upload", 200),
        ("write_repository", "upload", 200),
        ("read_api", "receive", 403),
        ("read_repository", "receive", 403),
        ("read_user", "receive", 403),
        ("write_repository", "receive", 200),
    ],
)
def test_git_asks_for_a_scope_of_its_own(cast: Cast, scope, service, status):
    projects.commit(cast.library, {"a": "b"})
    pair = base64.b64encode(f"x:{token_for(cast.owner, (scope,))}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    answer = Client().get(f"/acme/library.git/info/refs?service=git-{service}-pack", headers=headers)
    assert answer.status_code == status
    if status == 403:
        kind = f"application/x-git-{service}-pack-request"
        post = Client().post(f"/acme/library.git/git-{service}-pack", b"0000", content_type=kind, headers=headers)
        assert post.status_code == 403


def test_a_narrow_token_makes_no_wider_one(cast: Cast):
    every = ["read_user", "read_api", "read_repository", "write_repository", "create_runner", "self_rotate"]
    for scope in every:
        api = Api(token=token_for(cast.admin, (scope,)))
        for where in ("/user/personal_access_tokens", f"/users/{cast.admin.pk}/personal_access_tokens"):
            assert is_refused(api.post(where, {"name": "wide", "scopes": ["api"]})), (scope, where)
    own = Api(token=token_for(cast.developer))
    assert own.post("/user/personal_access_tokens", {"name": "wide", "scopes": ["api"]}).status_code == 400


def test_a_rotated_token_keeps_its_scopes(cast: Cast):
    api = Api(token=token_for(cast.developer, ("self_rotate", "read_user")))
    assert api.post("/personal_access_tokens/self/rotate", {"scopes": ["api"]}).status_code == 400
    made = api.post("/personal_access_tokens/self/rotate")
    assert made.status_code == 200
    assert made.json()["scopes"] == ["read_user", "self_rotate"]
    assert is_refused(Api(token=made.json()["token"]).get("/projects"))


def test_a_token_of_no_scope_rotates_nobody_else_s(cast: Cast):
    api = Api(token=token_for(cast.developer, ("self_rotate",)))
    wide = Api(token=token_for(cast.developer)).get("/personal_access_tokens/self").json()["id"]
    assert is_refused(api.post(f"/personal_access_tokens/{wide}/rotate"))


def test_a_page_takes_no_token_at_all(cast: Cast):
    token = token_for(cast.owner)
    for headers, query in (
        ({"PRIVATE-TOKEN": token}, ""),
        ({"Authorization": f"Bearer {token}"}, ""),
        ({}, f"?private_token={token}"),
    ):
        answer = Client().get(f"/acme/library{query}", headers=headers)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/users/sign_in")
        # `next` leads back after signing in; a secret in the address does not come along.
        assert token not in answer["Location"]
