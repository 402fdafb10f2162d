"""Requests made to break something: each is answered for what it is, with a 4xx, and leaves nothing behind."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from typing import Any

import pytest
from django.test import Client

from blobs import receive
from jobs.artifacts import services as artifact_services
from projects.models import Membership
from projects.repository import Repository
from projects.services import remove_member
from resources.repositories import request_body, views
from tests.factories import artifacts, jobs, people, projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tokenaccess.access.facts import settings_of
from tokenaccess.adapters.endpoints import endpoints
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import Role

_PART = re.compile(r"<(?:([^:>]+):)?([^>]+)>")  # of a route: a converter and a name
API = [endpoint for endpoint in endpoints() if endpoint.route.startswith("/api/v4/") and endpoint.actions]


def as_person(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"x:{token}".encode()).decode()}


# --- A browser's cookie at the API ------------------------------------------------------------------------------------


def test_no_api_route_changes_anything_for_a_cookie_alone(cast: Cast):
    """A page elsewhere sends the administrator's browser here: the cookie comes along, the proof does not."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.admin)
    places = {"project": str(cast.library.pk), "group": str(cast.acme.pk), "user_id": str(cast.developer.pk)}
    let_through = []
    for endpoint in API:
        where = re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: places.get(found[1], "1"), endpoint.route)
        for method in endpoint.actions:
            if method == "GET":
                continue
            for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json"):
                answer = browser.generic(method, where, b"{}" if "json" in kind else b"", content_type=kind)
                content = answer.content
                if answer.status_code != 403 or b"CSRF" not in content:
                    let_through.append(f"{method} {endpoint.path}: {answer.status_code} {content[:60]!r}")
    assert not let_through


@pytest.mark.one_case
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded"])
def test_graphql_changes_nothing_for_a_cookie_alone(cast: Cast, kind):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.owner)
    query = (
        'mutation { projectCiCdSettingsUpdate(input: {fullPath: "acme/library", inboundJobTokenScopeEnabled: false})'
        " { errors } }"
    )
    body = b'{"query": "' + query.replace('"', '\\"').encode() + b'"}'
    answer = browser.generic("POST", "/api/graphql", body, content_type=kind)
    assert answer.status_code in {403, 415}
    assert browser.get("/api/graphql", {"query": query}).status_code == 405
    assert settings_of(cast.library).limits_inbound


# --- Names that lead elsewhere ----------------------------------------------------------------------------------------

ELSEWHERE = ["..", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/x", "a/../../b", "/etc/passwd", "a\0b",
             "%00", "a\\..\\b", "~root", "a" * 5000, "a\r\nX-Evil: 1", "a%0d%0aX-Evil:%201"]  # fmt: skip


@pytest.mark.one_case
@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_name_of_a_package_leads_out_of_it(cast: Cast, name, tmp_path):
    api = Api(token=token_for(cast.owner))
    before = {path for path in tmp_path.rglob("*") if "blobs" not in path.parts}
    for place in (f"{name}/1.0/f", f"tool/{name}/f", f"tool/1.0/{name}"):
        address = f"/projects/{cast.library.pk}/packages/generic/{place}"
        for answer in (api.put(address, b"x"), api.get(address)):
            assert answer.status_code < 500
            assert "X-Evil" not in answer.headers
    assert {path for path in tmp_path.rglob("*") if "blobs" not in path.parts} == before


@pytest.mark.one_case
@pytest.mark.parametrize("name", ELSEWHERE)
def test_no_path_leads_out_of_a_repository(cast: Cast, name):
    projects.commit(cast.library, {"a": "b"})
    api = Api(token=token_for(cast.owner))
    browser = Client()
    browser.force_login(cast.owner)
    project = f"/projects/{cast.library.pk}/repository"
    for answer in (
        api.get(f"{project}/files/{name}/raw?ref=main"),
        api.get(f"{project}/files/a/raw?ref={name}"),
        api.get(f"{project}/tree?path={name}"),
        api.get(f"{project}/branches/{name}"),
        api.get(f"{project}/commits/{name}"),
        browser.get(f"/acme/library/-/raw/main/{name}"),
        browser.get(f"/acme/library/-/raw/{name}/a"),
    ):
        assert 400 <= answer.status_code < 500 or answer.status_code in {200, 302}
        assert b"root:" not in b"".join(answer)
        assert "X-Evil" not in answer.headers


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/cron.d/evil", "..\\evil", "a/../../evil"])
def test_no_name_in_an_archive_leads_out_of_it(cast: Cast, name, tmp_path):
    job = jobs.job(cast.library, cast.developer)
    token = jobs.token_of(job)
    artifacts.upload(job.pk, token, artifacts.zip_bytes({name: b"evil", "fine.txt": b"fine"}))
    assert not list(tmp_path.rglob("*evil*"))
    api = Api(token=token_for(cast.owner))
    for asked in (name, name.replace("/", "%2F"), name.lstrip("./")):
        answer = api.get(f"/projects/{cast.library.pk}/jobs/{job.pk}/artifacts/{asked}")
        assert answer.status_code in {400, 404} or artifacts.content(answer) == b"evil"
        assert not answer.headers.get("Content-Type", "").startswith("text/html")


@pytest.mark.parametrize("number", ["9" * 400, str(2**63), str(2**63 - 1), "-1", "0", "1e9", "٣", "0x10"])
def test_a_number_of_any_size_is_an_answer_of_ours(cast: Cast, number):
    api = Api(token=token_for(cast.admin))
    own = f"/projects/{cast.library.pk}"
    for address in (
        f"/projects/{number}", f"/groups/{number}", f"/users/{number}", f"{own}/jobs/{number}",
        f"{own}/pipelines/{number}", f"{own}/packages/{number}", f"{own}/members/{number}", f"/runners/{number}",
        f"/personal_access_tokens/{number}", f"/jobs/{number}/artifacts", f"{own}/packages?page={number}",
        f"{own}/packages?per_page={number}", f"{own}/jobs/{number}/artifacts/a", f"{own}/triggers/{number}",
    ):  # fmt: skip
        assert api.get(address).status_code < 500, address
    body = {"target_project_id": number}
    assert api.post(f"{own}/job_token_scope/allowlist", body).status_code < 500
    browser = Client()
    browser.force_login(cast.admin)
    for page in ("jobs", "pipelines", "packages", "members", "settings/ci_cd/token_access/entries"):
        assert browser.get(f"/acme/library/-/{page}/{number}").status_code < 500


def test_no_route_takes_a_number_that_the_database_does_not_hold(cast: Cast):
    """Compared with a foreign key it is an error of the database, not a row that is not there."""
    assert not broken_routes(cast, {"int": str(2**63)})


def test_no_route_takes_a_name_that_the_database_does_not_hold(cast: Cast):
    """PostgreSQL takes no text with NUL, not even to compare it."""
    assert not broken_routes(cast, dict.fromkeys(("", "str", "path", "file_path"), "a%00b"))


def broken_routes(cast: Cast, odd: dict[str, str]) -> list[str]:
    """The requests that are answered with an error of ours. `odd`: what stands for a part, by its converter."""
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.admin)
    api = Api(token=token_for(cast.admin))
    api.client.raise_request_exception = False
    places = {
        "project": str(cast.library.pk), "group": str(cast.acme.pk), "user_id": str(cast.developer.pk),
        "project_path": cast.library.full_path, "group_path": cast.acme.full_path,
    }  # fmt: skip

    def sample(found: re.Match[str]) -> str:
        return odd.get(found[1] or "") or places.get(found[2], "1")

    broken = []
    for endpoint in endpoints():
        path = _PART.sub(sample, endpoint.route)
        if not odd.keys() & {found[1] or "" for found in _PART.finditer(endpoint.route)}:
            continue
        client = api if endpoint.route.startswith("/api/") else browser
        for method in endpoint.actions or ("GET", "POST"):
            answer = client.request(method, path) if client is api else browser.generic(method, path)
            if answer.status_code >= 500:
                broken.append(f"{method} {path}")
    return broken


# --- What is saved is saved, never run --------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["page.html", "image.svg", "a;b.html", 'say"hi".html', "ünï.html"])
def test_an_artifact_is_always_to_be_saved(cast: Cast, name):
    job = jobs.job(cast.library, cast.developer)
    artifacts.upload(job.pk, jobs.token_of(job), artifacts.zip_bytes({name: b"<script>1</script>"}), name=f"{name}.zip")
    api = Api(token=token_for(cast.owner))
    for where in ("", f"/{name}"):
        answer = api.get(f"/projects/{cast.library.pk}/jobs/{job.pk}/artifacts{where}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert "\n" not in answer.headers["Content-Disposition"]
        assert answer.headers["Content-Type"].partition(";")[0] in {"application/octet-stream", "text/plain"}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_no_name_of_an_upload_adds_a_header(cast: Cast):
    job = jobs.job(cast.library, cast.developer)
    artifacts.upload(job.pk, jobs.token_of(job), artifacts.zip_bytes(), name='a.zip"\\r\\nX-Evil: 1;x="')
    answer = Api(token=token_for(cast.owner)).get(f"/projects/{cast.library.pk}/jobs/{job.pk}/artifacts")
    assert "X-Evil" not in answer.headers


# --- Small requests that would grow -----------------------------------------------------------------------------------


def test_a_packed_body_unfolds_piece_by_piece(rf):
    packed = gzip.compress(b"\0" * (64 * 1024 * 1024))
    request = rf.post(
        "/x", packed, content_type="application/x-git-upload-pack-request", headers={"Content-Encoding": "gzip"}
    )
    assert max(len(block) for block in request_body.read_blocks(request)) <= receive.BLOCK


def test_a_fetch_s_packed_body_does_not_unfold_without_end(cast: Cast, monkeypatch):
    monkeypatch.setattr(request_body, "MAX_UNPACKED", 100_000)
    sha = projects.commit(cast.library, {"a": "b"})
    headers = {**as_person(token_for(cast.owner)), "Content-Encoding": "gzip"}

    def fetch(wants: int) -> Any:
        body = f"0032want {sha}\n".encode() * wants + b"00000009done\n"
        kind = "application/x-git-upload-pack-request"
        return Client().post(
            "/acme/library.git/git-upload-pack", gzip.compress(body), content_type=kind, headers=headers
        )

    assert fetch(10).status_code == 200
    assert fetch(3000).status_code == 413


@pytest.mark.one_case
@pytest.mark.parametrize("path", ["a" * 200_000, "a/" * 50_000, "%2F" * 10_000, "." * 100_000])
def test_a_long_path_takes_no_time_to_speak_of(cast: Cast, path):
    """Routing is done by regular expressions: none of them may try again and again."""
    for address in (f"/{path}", f"/api/v4/projects/{path}/packages", f"/{path}.git/info/refs", f"/{path}/-/jobs/1"):
        assert Client().get(address).status_code < 500


@pytest.mark.parametrize("token", ["glcbt-" + "a" * 10_000, "glpat-" + "a" * 10_000, "é" * 100, "a\0b", "glcbt-\0"])
def test_a_token_of_any_shape_is_just_wrong(cast: Cast, token):
    for headers, query in (
        ({"JOB-TOKEN": token}, ""),
        ({"PRIVATE-TOKEN": token}, ""),
        ({"Authorization": f"Bearer {token}"}, ""),
        ({"Authorization": "Basic " + base64.b64encode(f"gitlab-ci-token:{token}".encode()).decode()}, ""),
        ({"Authorization": "Basic " + base64.b64encode(f"x:{token}".encode()).decode()}, ""),
    ):
        api = Api(headers=headers)
        assert api.get(f"/projects/{cast.library.pk}/packages{query}").status_code in {401, 404}
        assert Client().get("/acme/library.git/info/refs?service=git-upload-pack", headers=headers).status_code == 401


# --- A push that outlives its right ----------------------------------------------------------------------------------


def test_a_push_moves_nothing_when_its_person_is_sent_away_on_the_way(cast: Cast, monkeypatch):
    """The real thing is a pack of hours; here the body's two pieces come with the removal in between."""
    sha = projects.commit(cast.library, {"a": "b"})
    pusher = projects.member(people.person("pusher"), cast.library, Role.DEVELOPER)
    line = f"{'0' * 40} {sha} refs/heads/new\0 report-status".encode()
    body = f"{len(line) + 4:04x}".encode() + line + b"0000"
    empty_pack = b"PACK\0\0\0\2\0\0\0\0"
    pack = empty_pack + hashlib.sha1(empty_pack, usedforsecurity=False).digest()

    def push(between: Any) -> Any:
        def pieces(_request: Any) -> Any:
            yield body
            between()
            yield pack

        monkeypatch.setattr(views, "read_blocks", pieces)
        return Client().post(
            "/acme/library.git/git-receive-pack",
            b"x",
            content_type="application/x-git-receive-pack-request",
            headers=as_person(token_for(pusher)),
        )

    away = push(lambda: remove_member(Membership.objects.get(user=pusher), by=None))
    assert away.status_code == 404
    assert Repository(cast.library.repository_path).branch("new") is None
    projects.member(pusher, cast.library, Role.DEVELOPER)
    there = push(lambda: None)
    assert there.status_code == 200
    assert b"".join(there)
    assert Repository(cast.library.repository_path).branch("new") is not None


def test_an_upload_of_artifacts_counts_for_nothing_when_the_job_ends_on_the_way(cast: Cast, monkeypatch):
    job = jobs.job(cast.library, cast.developer)
    token = jobs.token_of(job)
    store = artifact_services.store_artifact

    def late(**given: Any) -> Any:
        type(job).objects.filter(pk=job.pk).update(status="success")
        return store(**given)

    monkeypatch.setattr("jobs.runner_api.artifacts.services.store_artifact", late)
    assert artifacts.upload(job.pk, token, artifacts.zip_bytes()).status_code == 403
    assert not job.artifacts.exists()


def test_the_switch_and_the_enforcement_count_at_once(cast: Cast):
    """No cache stands between a setting and the next request."""
    token = cast.job_token()
    packages = f"/projects/{cast.library.pk}/packages"
    assert Api(job=token).get(packages).status_code == 404
    services.set_feature_switch("ci_scoped_job_token", active=False, by=None)
    assert Api(job=token).get(packages).status_code == 200
    services.set_feature_switch("ci_scoped_job_token", active=True, by=None)
    assert Api(job=token).get(packages).status_code == 404
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    assert Api(job=token).get(packages).status_code == 200
    services.change_instance_settings(by=None, enforce_inbound=True)
    assert Api(job=token).get(packages).status_code == 404
