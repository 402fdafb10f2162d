"""POST /api/graphql: who is heard, and what becomes of requests that make no sense. job-token.md §1.4 and §4."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from graph.views import MAX_BODY_SIZE
from tests.factories import people, projects
from tests.factories.cast import Cast

pytestmark = pytest.mark.once

WHO = "{ currentUser { username } }"


def test_graphql_answers_a_visitor(db: None, graph):
    assert graph().ask(WHO) == {"currentUser": None}


def test_graphql_takes_a_personal_token_and_a_session(cast: Cast, graph, client: Client):
    assert graph(cast.guest).ask(WHO) == {"currentUser": {"username": "guest"}}
    client.force_login(cast.guest)
    answer = client.post("/api/graphql", {"query": WHO}, content_type="application/json")
    assert answer.json() == {"data": {"currentUser": {"username": "guest"}}}


def test_a_session_without_proof_of_its_own_page_is_refused(cast: Cast):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.guest)
    answer = browser.post("/api/graphql", {"query": WHO}, content_type="application/json")
    assert answer.status_code == 403
    assert answer.json() == {"errors": [{"message": "CSRF token missing or incorrect"}]}


@pytest.mark.parametrize("carrier", ["JOB-TOKEN", "PRIVATE-TOKEN", "Authorization"])
def test_a_job_token_is_nobody_here(cast: Cast, graph, carrier: str):
    token = cast.job_token()
    value = f"Bearer {token}" if carrier == "Authorization" else token
    asked = '{ currentUser { username } project(fullPath: "acme/library") { id } }'
    assert graph(**{carrier: value}).ask(asked) == {"currentUser": None, "project": None}


def test_graphql_ignores_a_job_token_in_the_body(cast: Cast, api):
    body = {"query": WHO, "job_token": cast.job_token(), "token": cast.job_token()}
    assert api().post("/api/graphql", body).json() == {"data": {"currentUser": None}}


def test_a_wrong_token_is_refused_and_not_taken_for_a_visitor(db: None, graph):
    answer = graph(token="glpat-nobody").send(WHO)
    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"message": "Invalid token"}]}


def test_a_blocked_person_sees_that_they_are_blocked(cast: Cast, graph):
    speaker = graph(cast.guest)
    cast.guest.is_active = False
    cast.guest.save()
    answer = speaker.send(WHO)
    assert answer.status_code == 403
    assert answer.json() == {"errors": [{"message": "403 Forbidden - Your account has been blocked."}]}


def test_a_token_needs_a_scope_that_reads_the_api(cast: Cast, graph):
    answer = graph(token=people.token_for(cast.guest, ("read_repository",))).send(WHO)
    assert answer.status_code == 403
    assert "higher privileges" in answer.json()["errors"][0]["message"]


def test_a_reading_token_reads_and_changes_nothing(cast: Cast, graph):
    reader = graph(token=people.token_for(cast.maintainer, ("read_api",)))
    read = reader.ask('{ project(fullPath: "acme/library") { ciCdSettings { inboundJobTokenScopeEnabled } } }')
    assert read["project"]["ciCdSettings"] == {"inboundJobTokenScopeEnabled": True}
    refused = reader.refusal("projectCiCdSettingsUpdate", fullPath="acme/library", inboundJobTokenScopeEnabled=False)
    assert refused == [NOT_AVAILABLE]


NOT_AVAILABLE = (
    "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
)


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "The body is not valid JSON."),
        (b"", 400, "The body is not valid JSON."),
        (b"[]", 400, "The body must be a JSON object with a query."),
        (b"7", 400, "The body must be a JSON object with a query."),
        (b"{}", 400, "query is missing"),
        (b'{"query": 7}', 400, "query is missing"),
        (b'{"query": "{ a }", "variables": []}', 400, "variables is invalid"),
        (b'{"query": "{ a }", "operationName": 7}', 400, "operationName is invalid"),
        (b'{"query": "' + b" " * MAX_BODY_SIZE + b'"}', 413, f"The request is larger than {MAX_BODY_SIZE} bytes."),
    ],
)
def test_a_malformed_graphql_request_gets_an_error_in_graphqls_shape(
    db: None, api, body: bytes, status: int, message: str
):
    answer = api().post("/api/graphql", body)
    assert answer.status_code == status
    assert answer.json() == {"errors": [{"message": message}]}


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ nothing }",
        "{ currentUser { id } } \0",
        "query($path: ID!) { project(fullPath: $path) { id } }",
        'mutation { ciJobTokenScopeAddProject(input: {projectPath: "a"}) { errors } }',
        "subscription { a }",
        "fragment A on Query { __typename }",
        "type A { a: Int }",
        "# nothing but a comment",
    ],
)
def test_a_query_that_cannot_be_executed_is_a_400_with_errors(db: None, graph, query: str):
    answer = graph().send(query)
    assert answer.status_code == 400
    assert answer.json()["data"] is None
    assert answer.json()["errors"]


def test_an_operation_that_the_document_lacks_is_a_400(db: None, api):
    answer = api().post("/api/graphql", {"query": "query A { __typename }", "operationName": "B"})
    assert answer.status_code == 400
    assert answer.json() == {"data": None, "errors": [{"message": 'Unknown operation named "B".'}]}


def test_only_get_and_post_are_taken_and_no_page_is_shown(db: None, api):
    answer = api().put("/api/graphql", headers={"Accept": "text/html"})
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")
    assert answer.json()["errors"]
    assert api().get("/api/graphql", headers={"Accept": "text/html"}).json() == {
        "errors": [{"message": "query is missing"}]
    }


def test_a_query_is_taken_by_get_too_with_its_variables(cast: Cast, api):
    query = "query($path: ID!) { project(fullPath: $path) { fullPath } currentUser { username active } }"
    asked = urlencode({"query": query, "variables": '{"path": "acme/library"}'})
    assert api(cast.guest).get(f"/api/graphql?{asked}").json()["data"] == {
        "project": {"fullPath": "acme/library"},
        "currentUser": {"username": "guest", "active": True},
    }
    assert api().get("/api/graphql?query={a}&variables={").status_code == 400


def test_a_get_changes_nothing(cast: Cast, client: Client):
    """A browser may be led to any address in its user's name."""
    client.force_login(cast.owner)
    change = 'mutation { projectCiCdSettingsUpdate(input: {fullPath: "acme/library"}) { errors } }'
    answer = client.get(f"/api/graphql?{urlencode({'query': change})}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, POST")


def test_the_version_is_for_whoever_is_signed_in(cast: Cast, graph):
    assert graph().ask("{ metadata { version } }") == {"metadata": None}
    asked = graph(cast.guest).ask("{ metadata { version revision enterprise } }")["metadata"]
    assert asked["version"].count(".") == 2
    assert asked["enterprise"] is False


def test_only_json_is_taken(db: None, api):
    answer = api().post("/api/graphql", b"query={}", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 415


def test_graphql_describes_its_schema(db: None, graph):
    names = {kind["name"] for kind in graph().ask("{ __schema { types { name } } }")["__schema"]["types"]}
    assert {"Project", "CiJobTokenScopeType", "CiJobTokenScopePolicies", "CiJobTokenScopeDirection"} <= names


def test_lists_within_lists_come_to_an_end(cast: Cast, graph):
    inner = "nodes { group { projects { nodes { group { projects { nodes { id } } } } } } }"
    errors = graph(cast.admin).errors(f"{{ a: projects {{ {inner} }} b: projects {{ {inner} }} }}")
    assert not errors
    for number in range(8):
        projects.project(f"more{number}", group=cast.acme, by=cast.owner)
    errors = graph(cast.admin).errors(f"{{ a: projects {{ {inner} }} b: projects {{ {inner} }} }}")
    assert "A request may open at most 50 lists." in errors


def test_a_fault_of_ours_is_logged_and_not_shown(cast: Cast, graph, monkeypatch, caplog):
    def fail(*_: Any) -> None:
        raise RuntimeError("secret inner word")

    monkeypatch.setattr("tokenaccess.access.facts.project_facts", fail)
    answer = graph(cast.guest).send('{ project(fullPath: "acme/library") { id } }')
    assert [error["message"] for error in answer.json()["errors"]] == ["Internal server error"]
    assert "secret" not in answer.content.decode()
    assert "secret inner word" in caplog.text


@pytest.mark.parametrize("path", ["", "\0", "acme/library\0", "a" * 10_000, "../..", "é", "acme//library", "7"])
def test_a_path_that_names_nothing_is_null(cast: Cast, graph, path: str):
    query = "query($path: ID!) { project(fullPath: $path) { id } group(fullPath: $path) { id } }"
    assert graph(cast.admin).ask(query, path=path) == {"project": None, "group": None}


@pytest.mark.parametrize("variables", [{"input": 7}, {"input": {"projectPath": []}}, {}, {"input": None}])
def test_variables_of_the_wrong_kind_are_a_400(db: None, api, variables: dict[str, Any]):
    query = (
        "mutation($input: CiJobTokenScopeRemoveGroupInput!) { ciJobTokenScopeRemoveGroup(input: $input) { errors } }"
    )
    answer = api().post("/api/graphql", json.dumps({"query": query, "variables": variables}).encode())
    assert answer.status_code == 400
    assert answer.json()["errors"]
