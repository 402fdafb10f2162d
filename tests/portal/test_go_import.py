"""`?go-get=1`: what Go is told about the repository of a package, and what nobody learns from it."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.services import block_person
from projects.models import Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.allowlist import services
from tokenaccess.models import AuthorizationRecord
from tokenaccess.policy.levels import FeatureLevel, Visibility

SITE = "tokens.example.com"


@pytest.fixture(autouse=True)
def external_url(settings: Any) -> None:
    settings.EXTERNAL_URL = f"https://{SITE}"


@pytest.fixture
def module(cast: Cast) -> Project:
    """A private project three levels deep."""
    tools = projects.group("tools", parent=cast.acme, by=cast.owner)
    deep = projects.group("deep", parent=tools, by=cast.owner)
    return projects.project("module", group=deep, by=cast.owner)


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


def go_get(path: str, headers: dict[str, str] | None = None) -> Any:
    return Client().get(f"/{path}?go-get=1", headers=headers or {})


def root_of(answer: Any) -> str:
    """The one `go-import` of the page."""
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"].startswith("text/html")
    (content,) = re.findall(r'<meta name="go-import" content="([^"]*)">', answer.content.decode())
    root, kind, url = content.split(" ")
    assert (kind, url) == ("git", f"https://{root}.git")
    return str(root).removeprefix(f"{SITE}/")


BELOW = ["", "/v2", "/internal/pkg", "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x"]


@pytest.mark.parametrize("below", BELOW)
def test_a_persons_token_by_basic_gets_the_true_root(cast: Cast, module: Project, below: str) -> None:
    token = people.token_for(cast.owner, ("read_repository",))
    assert root_of(go_get(f"{module.full_path}{below}", basic("anybody", token))) == module.full_path


@pytest.mark.parametrize("below", BELOW)
def test_a_jobs_token_by_basic_gets_the_true_root(cast: Cast, module: Project, below: str) -> None:
    services.add_entry(module, cast.app, by=cast.owner)
    token = cast.job_token(user=cast.owner)
    assert root_of(go_get(f"{module.full_path}{below}", basic("gitlab-ci-token", token))) == module.full_path
    assert AuthorizationRecord.objects.get().accessed_project == module


def test_a_job_gets_the_true_root_of_its_own_project(cast: Cast) -> None:
    assert root_of(go_get("acme/app/pkg", basic("gitlab-ci-token", cast.job_token()))) == "acme/app"


def test_a_job_that_is_not_listed_gets_the_guess(cast: Cast, module: Project) -> None:
    token = cast.job_token(user=cast.owner)
    assert root_of(go_get(module.full_path, basic("gitlab-ci-token", token))) == "acme/tools"
    assert not AuthorizationRecord.objects.exists()


def test_a_private_token_and_a_bearer_prove_who_asks(cast: Cast, module: Project) -> None:
    token = people.token_for(cast.owner)
    for headers in ({"PRIVATE-TOKEN": token}, {"Authorization": f"Bearer {token}"}):
        assert root_of(go_get(module.full_path, headers)) == module.full_path


def test_the_path_is_written_as_the_project_spells_it(cast: Cast, module: Project) -> None:
    token = people.token_for(cast.owner)
    assert root_of(go_get("ACME/Tools/deep/MODULE/pkg", basic("x", token))) == "acme/tools/deep/module"


def test_a_visitor_gets_the_true_root_of_a_public_project(cast: Cast) -> None:
    open_group = projects.group("open", visibility=Visibility.PUBLIC, by=cast.owner)
    inner = projects.group("inner", parent=open_group, visibility=Visibility.PUBLIC, by=cast.owner)
    site = projects.project("site", group=inner, by=cast.owner, visibility=Visibility.PUBLIC)
    answer = go_get("open/inner/site/pkg/deeper")
    assert root_of(answer) == site.full_path
    assert f"https://{SITE}/{site.full_path}/-/tree/main{{/dir}}" in answer.content.decode()


@pytest.mark.parametrize("below", BELOW)
def test_a_visitor_gets_the_same_guess_for_hidden_and_absent(cast: Cast, module: Project, below: str) -> None:
    hidden, absent = f"{module.full_path}{below}", f"acme/tools/none/module{below}"
    assert root_of(go_get(hidden)) == root_of(go_get(absent)) == "acme/tools"


def test_hidden_and_absent_are_answered_alike_to_everyone(cast: Cast, module: Project) -> None:
    callers = [{}, basic("x", people.token_for(cast.outsider)), basic("gitlab-ci-token", cast.job_token())]
    for headers in ({**caller, "X-Request-Id": "one"} for caller in callers):
        seen = []
        for path in (f"{module.full_path}/pkg", "acme/tools/none/absent/pkg"):
            go_get(path, headers)  # what is read once per process is read now
            with CaptureQueriesContext(connection) as statements:
                answer = go_get(path, headers)
            seen.append((answer.status_code, answer.content, dict(answer.headers), len(statements)))
        assert seen[0] == seen[1]


@pytest.mark.parametrize("path", ["acme", "acme/nothing", "no/such/thing/at/all", "x"])
def test_an_address_of_nothing_is_a_guess(db: None, path: str) -> None:
    assert root_of(go_get(path)) == "/".join(path.split("/")[:2])


def test_wrong_credentials_get_an_error_and_are_not_passed_over(cast: Cast, module: Project) -> None:
    dead = cast.job_token(status="success")
    for headers in (basic("gitlab-ci-token", dead), basic("x", "glpat-wrong"), basic("owner", "wrong")):
        answer = go_get(module.full_path, headers)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Basic realm="GitLab"')
        assert answer["X-Access-Reason"]
    token = people.token_for(cast.developer)
    block_person(cast.developer, by=None)
    assert go_get("acme/library", basic("x", token)).status_code == 403


def test_no_cache_may_keep_the_answer(db: None) -> None:
    answer = go_get("acme/nothing")
    assert "no-store" in answer["Cache-Control"]
    assert "Authorization" in answer["Vary"]


def test_any_other_value_is_a_page_as_ever(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    assert b"go-import" not in client.get("/acme/library?go-get=2").content
    assert b"go-import" not in client.get("/acme/library?xgo-get=1").content


def test_a_repository_that_is_switched_off_is_not_named(cast: Cast) -> None:
    site = projects.project("site", group=cast.acme, by=cast.owner, visibility=Visibility.PUBLIC)
    Project.objects.filter(pk=site.pk).update(repository_access_level=FeatureLevel.DISABLED)
    assert root_of(go_get("acme/site/pkg")) == "acme/site"
    assert b"go-source" not in go_get("acme/site/pkg").content
