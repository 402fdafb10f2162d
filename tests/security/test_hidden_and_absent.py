"""What one may not see answers exactly as what there is not: status, body, headers, and the work it takes."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity import secrets
from identity.credentials.table import Prefix
from projects.services import create_namespace
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tokenaccess.access.gate import find_project_if_permitted
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Visibility

pytestmark = pytest.mark.one_case

# What is new in each answer of itself; only how long it is may be compared.
SEALED = "X-Access-Reason"


def as_seen(ask: Callable[[str], Any], name: str) -> dict[str, Any]:
    """All that a caller learns, the target's own name (which the caller brought along) left out."""
    with CaptureQueriesContext(connection) as asked:
        answer = ask(name)
    text = answer.content.decode()
    headers = {key: value for key, value in answer.headers.items() if key != "X-Request-Id"}
    if SEALED in headers:
        headers[SEALED] = "x" * len(headers[SEALED])
    text = text.replace('"404 ', '"gone ')  # a project may have the number 404
    for spelling in (name, quote_plus(name)):
        text = text.replace(spelling, "·")
        headers = {key: value.replace(spelling, "·") for key, value in headers.items()}
    headers.pop("Content-Length", None)
    # Forms carry a mask that is new each time.
    text = re.sub(r'(csrfmiddlewaretoken" value=")[^"]+', r"\1", text)
    return {"status": answer.status_code, "text": text, "headers": headers, "statements": len(asked)}


@pytest.fixture
def far(cast: Cast) -> Any:
    """A private group of somebody else's, with a private project in it."""
    group = projects.group("faraway", by=cast.owner, visibility=Visibility.PRIVATE)
    return projects.project("secret", group=group, by=cast.owner)


def same(ask: Callable[[str], Any], hidden: str, absent: str) -> None:
    ask(hidden), ask(absent)  # what is read once per process and kept is read now
    assert as_seen(ask, hidden) == as_seen(ask, absent)


READS = [
    "projects/{}",
    "projects/{}/packages",
    "projects/{}/packages/1",
    "projects/{}/packages/generic/a/1/f",
    "projects/{}/members",
    "projects/{}/members/all/1",
    "projects/{}/repository/tree",
    "projects/{}/repository/files/a/raw",
    "projects/{}/repository/branches/main",
    "projects/{}/repository/archive.zip",
    "projects/{}/repository/compare?from=main&to=main",
    "projects/{}/repository/commits/main/diff",
    "projects/{}/jobs/1",
    "projects/{}/jobs/1/artifacts",
    "projects/{}/pipelines",
    "projects/{}/job_token_scope",
    "projects/{}/job_token_scope/allowlist",
    "projects/{}/runners",
    "projects/{}/triggers",
]
CALLERS = ["visitor", "outsider", "narrow", "job", "job of a maintainer"]


def caller(kind: str, cast: Cast, far: Any) -> Api:
    match kind:
        case "visitor":
            return Api()
        case "outsider":
            return Api(token=token_for(cast.outsider))
        case "narrow":
            return Api(token=token_for(cast.outsider, ("read_user",)))
        case "job":
            return Api(job=cast.job_token(user=cast.outsider))
    return Api(job=cast.job_token(user=cast.owner))


def addresses(far: Any) -> list[tuple[str, str]]:
    """Hidden and absent, by number and by path, in every spelling."""
    path = far.full_path.replace("/", "%2F")
    return [
        (str(far.pk), str(far.pk + 1000)),
        (path, "faraway%2Fnothin"),
        (path.upper(), "FARAWAY%2FNOTHIN"),
        (f"{path}%2F", "faraway%2Fnothin%2F"),
        (f"{path}.git", "faraway%2Fnothin.git"),
    ]


@pytest.mark.parametrize("by_project", [True, False])
def test_an_include_in_a_tried_file_tells_no_hidden_project_from_none(cast: Cast, far: Any, by_project: bool):
    speaker = Api(token=token_for(cast.developer))
    address = f"/projects/{cast.app.pk}/ci/lint" if by_project else "/ci/lint"

    def ask(path: str) -> Any:
        return speaker.post(address, {"content": f"include: {{project: {path}, file: a.yml}}\nown: {{script: [x]}}"})

    assert "you may not read it" in ask(far.full_path).content.decode()
    same(ask, far.full_path, "faraway/nothin")
    same(ask, far.full_path.upper(), "FARAWAY/NOTHIN")


def test_a_bridge_tells_no_hidden_project_from_none_by_its_work(cast: Cast, far: Any):
    def work(path: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert find_project_if_permitted(cast.developer, Action.RUN_PIPELINE, path) is None
        return len(asked)

    assert work(far.full_path) == work("faraway/nothin") == work("far\0away") == work("färaway/x") == 1
    assert find_project_if_permitted(cast.developer, Action.RUN_PIPELINE, "acme/app") == cast.app


@pytest.mark.parametrize("kind", CALLERS)
@pytest.mark.parametrize("read", READS)
def test_rest_reads_tell_no_hidden_project_from_none(cast: Cast, far, kind, read):
    api = caller(kind, cast, far)
    for hidden, absent in addresses(far)[:2]:
        same(lambda ref: api.get(f"/{read.format(ref)}"), hidden, absent)


@pytest.mark.parametrize("kind", CALLERS)
def test_every_spelling_of_a_hidden_project_looks_absent(cast: Cast, far, kind):
    api = caller(kind, cast, far)
    for hidden, absent in addresses(far):
        same(lambda ref: api.get(f"/projects/{ref}"), hidden, absent)
        same(lambda ref: api.request("HEAD", f"/projects/{ref}/packages"), hidden, absent)
        same(lambda ref: api.request("OPTIONS", f"/projects/{ref}/packages"), hidden, absent)


@pytest.mark.parametrize("kind", CALLERS)
@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("PUT", "projects/{}", {"name": "x"}),
        ("DELETE", "projects/{}", None),
        ("POST", "projects/{}/members", {"user_id": 1, "access_level": 50}),
        ("PUT", "projects/{}/packages/generic/a/1/f", b"x"),
        ("DELETE", "projects/{}/packages/1", None),
        ("POST", "projects/{}/pipeline", {"ref": "main"}),
        ("PATCH", "projects/{}/job_token_scope", {"enabled": False}),
        ("POST", "projects/{}/job_token_scope/allowlist", {"target_project_id": 1}),
        ("POST", "projects/{}/trigger/pipeline", {"ref": "main", "token": secrets.mint(Prefix.TRIGGER)}),
        ("POST", "projects/{}/repository/files/a", {"branch": "main", "commit_message": "x", "content": "x"}),
    ],
)
def test_rest_writes_tell_no_hidden_project_from_none(cast: Cast, far, kind, method, address, body):
    api = caller(kind, cast, far)
    for hidden, absent in addresses(far)[:2]:
        same(lambda ref: api.request(method, f"/{address.format(ref)}", body), hidden, absent)


@pytest.mark.parametrize("kind", CALLERS)
@pytest.mark.parametrize("read", ["groups/{}", "groups/{}/projects", "groups/{}/members", "groups/{}/packages",
                                  "namespaces/{}", "groups/{}/runners"])  # fmt: skip
def test_rest_tells_no_hidden_group_from_none(cast: Cast, far, kind, read):
    api = caller(kind, cast, far)
    for hidden, absent in (
        (str(far.group.pk), str(far.group.pk + 1000)),
        ("faraway", "farther"),
        ("FARAWAY", "FARTHER"),
    ):
        same(lambda ref: api.get(f"/{read.format(ref)}"), hidden, absent)


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


@pytest.mark.parametrize("kind", ["visitor", "outsider", "job", "owner's job"])
@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("GET", "{}.git/info/refs?service=git-upload-pack"),
        ("GET", "{}.git/info/refs?service=git-receive-pack"),
        ("GET", "{}.git/info/refs"),
        ("GET", "{}/info/refs?service=git-upload-pack"),
        ("HEAD", "{}.git/info/refs?service=git-upload-pack"),
        ("POST", "{}.git/git-upload-pack"),
        ("POST", "{}.git/git-receive-pack"),
    ],
)
def test_git_tells_no_hidden_project_from_none(cast: Cast, far, kind, method, address):
    headers = {
        "visitor": {},
        "outsider": basic("x", token_for(cast.outsider)),
        "job": basic("gitlab-ci-token", cast.job_token(user=cast.outsider)),
        "owner's job": basic("gitlab-ci-token", cast.job_token(user=cast.owner)),
    }[kind]
    client = Client()
    for hidden, absent in (("faraway/secret", "faraway/nothin"), ("FARAWAY/SECRET", "FARAWAY/NOTHIN")):
        same(lambda path: client.generic(method, "/" + address.format(path), headers=headers), hidden, absent)


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize(
    "address",
    ["/{}", "/{}/", "/{}/-/tree", "/{}/-/settings/ci_cd", "/{}/-/jobs/1", "/{}/-/packages", "/{}/-/pipelines",
     "/{}/-/members", "/{}/-/audit_events"],
)  # fmt: skip
def test_pages_tell_no_hidden_project_from_none(cast: Cast, far, signed_in, address):
    client = Client()
    if signed_in:
        client.force_login(cast.outsider)
    same(lambda path: client.get(address.format(path)), "faraway/secret", "faraway/nothin")


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.parametrize("address", ["/{}", "/groups/{}", "/groups/{}/-/members", "/search?q={}"])
def test_pages_tell_no_hidden_group_from_none(cast: Cast, far, signed_in, address):
    client = Client()
    if signed_in:
        client.force_login(cast.outsider)
    same(lambda path: client.get(address.format(path)), "faraway", "farther")


def graphql(api: Api, query: str) -> Any:
    return api.post("/api/graphql", {"query": query})


GRAPHQL = [
    '{{ project(fullPath: "{}") {{ id name ciJobTokenScope {{ inboundAllowlistCount }} }} }}',
    '{{ projects(fullPaths: ["{}"]) {{ nodes {{ id }} count }} }}',
    'mutation {{ ciJobTokenScopeAddProject(input: {{projectPath: "{}", targetProjectPath: "acme/app"}})'
    " {{ errors }} }}",
    'mutation {{ ciJobTokenScopeAddProject(input: {{projectPath: "outsider/own", targetProjectPath: "{}"}})'
    " {{ errors }} }}",
    'mutation {{ ciJobTokenScopeAddGroupOrProject(input: {{projectPath: "outsider/own", targetPath: "{}"}})'
    " {{ errors }} }}",
    'mutation {{ ciJobTokenScopeRemoveProject(input: {{projectPath: "outsider/own", targetProjectPath: "{}"}})'
    " {{ errors }} }}",
    'mutation {{ ciJobTokenScopeUpdatePolicies(input: {{projectPath: "outsider/own", targetPath: "{}",'
    " defaultPermissions: true, jobTokenPolicies: []}}) {{ errors }} }}",
    'mutation {{ projectCiCdSettingsUpdate(input: {{fullPath: "{}", inboundJobTokenScopeEnabled: false}})'
    " {{ errors }} }}",
]


@pytest.fixture
def own(cast: Cast) -> Any:
    """The outsider's own project: there the outsider may do everything."""
    return projects.project("own", group=create_namespace(cast.outsider), by=cast.outsider)


@pytest.mark.parametrize("query", GRAPHQL)
@pytest.mark.parametrize("kind", ["visitor", "outsider", "job"])
def test_graphql_tells_no_hidden_project_from_none(cast: Cast, far, own, kind, query):
    api = caller(kind, cast, far)
    for hidden, absent in (("faraway/secret", "faraway/nothin"), ("Faraway/Secret", "Faraway/Nothin")):
        same(lambda path: graphql(api, query.format(path)), hidden, absent)


def test_graphql_tells_no_hidden_group_from_none(cast: Cast, far, own):
    api = caller("outsider", cast, far)
    for query in (
        '{{ group(fullPath: "{}") {{ id }} }}',
        'mutation {{ ciJobTokenScopeAddGroupOrProject(input: {{projectPath: "outsider/own", targetPath: "{}"}})'
        " {{ errors }} }}",
        'mutation {{ ciJobTokenScopeRemoveGroup(input: {{projectPath: "outsider/own", targetGroupPath: "{}"}})'
        " {{ errors }} }}",
    ):
        same(partial(_answer, api, query), "faraway", "farther")


def _answer(api: Api, query: str, path: str) -> Any:
    return graphql(api, query.format(path))


@pytest.mark.parametrize(
    ("where", "name"), [("allowlist", "target_project_id"), ("groups_allowlist", "target_group_id")]
)
def test_an_allowlist_tells_no_hidden_place_from_none(cast: Cast, far, own, where, name):
    api = caller("outsider", cast, far)
    pk = far.pk if name == "target_project_id" else far.group.pk
    address = f"/projects/{own.pk}/job_token_scope/{where}"
    same(lambda ref: api.post(address, {name: int(ref)}), str(pk), str(pk + 1000))
    same(lambda ref: api.delete(f"{address}/{ref}"), str(pk), str(pk + 1000))


def test_the_settings_page_tells_no_hidden_place_from_none(cast: Cast, far, own):
    client = Client()
    client.force_login(cast.outsider)
    address = "/outsider/own/-/settings/ci_cd/token_access/add"
    for hidden, absent in (("faraway/secret", "faraway/nothin"), ("faraway", "farther")):
        same(lambda path: client.post(address, {"path": path, "what": "role"}), hidden, absent)
