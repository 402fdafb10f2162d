"""What a browser is protected from: forged changes, foreign frames, script in names, and pages without a policy."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from projects import services
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tokenaccess.adapters.endpoints import endpoints
from tokenaccess.policy.levels import Visibility

SCRIPT = "<script>alert(1)</script>"
# Where OAuth clients show a secret or a token of their own, and a SAML provider's signature counts.
OF_CLIENTS = {f"/oauth/{name}" for name in ("token", "revoke", "introspect", "userinfo", "authorize_device")}
OF_CLIENTS |= {"/users/auth/saml/callback"}


def signed_in(user: Any, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


def is_guarded(answer: Any) -> bool:
    policy = answer.headers.get("Content-Security-Policy", "")
    return "default-src 'none'" in policy and "unsafe" not in policy and answer.headers["X-Frame-Options"] == "DENY"


@pytest.fixture
def public(cast: Cast) -> Any:
    return projects.project("site", group=cast.acme, by=cast.owner, visibility=Visibility.PUBLIC)


@pytest.mark.parametrize("name", ["notes.git/readme.txt", "plain.txt"])
def test_a_page_has_its_policy_whatever_the_file_is_called(public, name):
    projects.commit(public, {name: "hello"})
    answer = Client().get(f"/acme/site/-/blob/main/{name}")
    assert answer.status_code == 200
    assert is_guarded(answer)


@pytest.mark.parametrize(
    "address",
    ["/x.git/y", "/acme/library/-/blob/main/a.git/b", "/users/sign_in", "/nothing", "/admin/x.git/info/refs"],
)
def test_a_visitor_gets_no_html_without_a_policy(cast: Cast, address):
    answer = Client(raise_request_exception=False).get(address)
    assert answer.status_code in {200, 302, 404}
    assert is_guarded(answer) or not answer.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "address",
    ["/", "/admin/", "/admin/identity/user/", "/api/schema/ui/", "/acme/library", "/acme/library/-/settings/ci_cd",
     "/-/user_settings/personal_access_tokens", "/-/preferences", "/nothing/here", "/search?q=x"],
)  # fmt: skip
def test_every_page_forbids_foreign_script_and_frames(cast: Cast, address):
    answer = signed_in(cast.admin).get(address)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert is_guarded(answer)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"


def test_no_page_changes_anything_without_the_proof_of_its_own_form(cast: Cast):
    """Every address outside the API, asked by POST from elsewhere with the administrator's cookie."""
    browser = signed_in(cast.admin, enforce_csrf_checks=True)
    let_through = []
    for endpoint in endpoints():
        if (
            endpoint.route.startswith(("/api/", "/_/oidc/", "/-/ssh/"))
            or ".git/" in endpoint.route
            or endpoint.route in OF_CLIENTS
        ):
            continue  # no pages: they read no cookie
        address = _address(endpoint.route, cast)
        answer = browser.post(address, {"confirmed": "1"})
        if answer.status_code not in {403, 405}:
            let_through.append(f"{endpoint.route}: {answer.status_code}")
    assert not let_through


def _address(route: str, cast: Cast) -> str:
    places = {"project_path": cast.library.full_path, "group_path": cast.acme.full_path}
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: places.get(found[1], "1"), route)


@pytest.mark.parametrize("field", ["name", "description"])
def test_markup_in_a_project_is_shown_and_not_obeyed(cast: Cast, field):
    services.update_project(cast.library, by=cast.owner, **{field: SCRIPT})
    browser = signed_in(cast.owner)
    for address in ("/", "/acme/library", "/acme/library/-/settings/general", "/search?q=library", "/acme"):
        answer = browser.get(address, follow=True)
        assert SCRIPT not in answer.content.decode(), address


def test_markup_in_branches_files_and_commits_is_shown_and_not_obeyed(cast: Cast):
    projects.commit(cast.library, {"a": "b"})
    evil = '"><img src=x onerror=alert(1)>'.replace(" ", "")
    name = "<svg-onload=alert(1)>"
    projects.commit(cast.library, {f"{name}.txt": SCRIPT}, message=f"{SCRIPT} {evil}", branch=name)
    browser = signed_in(cast.owner)
    for page in (f"tree/{name}", f"blob/{name}/{name}.txt", f"commits/{name}", "branches"):
        answer = browser.get(f"/acme/library/-/{page}")
        assert answer.status_code == 200, page
        text = answer.content.decode()
        assert SCRIPT not in text, page
        assert name not in text, page
        assert evil not in text, page


def test_a_raw_file_of_markup_is_plain_text(cast: Cast, api):
    projects.commit(cast.library, {"page.html": SCRIPT, "image.svg": "<svg onload='alert(1)'/>"})
    browser = signed_in(cast.owner)
    for name in ("page.html", "image.svg"):
        for answer in (
            browser.get(f"/acme/library/-/raw/main/{name}"),
            api(cast.owner).get(f"/projects/{cast.library.pk}/repository/files/{name}/raw?ref=main"),
        ):
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_markup_in_a_log_is_shown_and_not_obeyed(cast: Cast):
    job = jobs.job(cast.library, cast.developer)
    job.trace_path.parent.mkdir(parents=True, exist_ok=True)
    link = "\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x07"
    section = f"section_start:1:<b>x</b>[collapsed=true]\r\x1b[0K{SCRIPT}"
    job.trace_path.write_text(f"{link} \x1b[31m{SCRIPT}\x1b[0m {section}\n")
    text = signed_in(cast.developer).get(f"/acme/library/-/jobs/{job.pk}").content.decode()
    assert SCRIPT not in text
    assert "<b>x</b>" not in text
    assert 'href="javascript' not in text


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_page_leads_elsewhere(cast: Cast, elsewhere):
    browser = signed_in(cast.owner)
    answer = browser.post("/-/preferences/theme", {"theme": "dark", "next": elsewhere})
    assert answer["Location"] == "/"
    visitor = Client()
    visitor.get("/users/sign_in")
    answer = visitor.post("/users/sign_in", {"username": "owner", "password": "let me in please", "next": elsewhere})
    assert answer.status_code in {200, 302}
    assert "evil" not in answer.headers.get("Location", "")
    assert "javascript" not in answer.headers.get("Location", "")


def test_a_pipeline_page_names_no_project_that_its_reader_may_not_see(cast: Cast, public):
    secret = projects.project("secret", group=cast.acme, by=cast.owner)
    above = jobs.job(secret, cast.owner, name="deploy-to-secret")
    started = jobs.pipeline(public, cast.owner, source="pipeline", started_by_job=above, commit={"title": "x"})
    for client in (Client(), signed_in(cast.outsider)):
        text = client.get(f"/acme/site/-/pipelines/{started.pk}").content.decode()
        assert "secret" not in text
