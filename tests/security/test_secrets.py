"""Where a secret must never be found: the database, the log, the history, the administration, any answer but one."""

from __future__ import annotations

import base64
import logging
import subprocess
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from config.logs import NoSecrets, without_secrets
from identity.credentials.table import Prefix
from identity.secrets import mint
from jobs.models import Job, JobToken, Runner
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support import identity_secrets
from tests.support.client import Api
from tests.support.runner import FakeRunner, Work

PASSWORD = "correct horse battery staple 42"


def basic(login: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


@pytest.fixture
def secrets(cast: Cast) -> dict[str, str]:
    """One of each kind, made and used as people, runners and jobs do, mistakes included."""
    found = new_secrets(cast)
    runners.push_file(cast.app, runners.SIMPLE)
    trigger = {"token": found["trigger's token"]}
    Api().post(f"/projects/{cast.app.pk}/ref/main/trigger/pipeline?private_token={found['personal token']}", trigger)
    work = FakeRunner(found["runner's token"]).work()
    found["job's token"] = work.token
    use_in_job(cast, work, found)
    # What people get wrong: a token for a name, a token for a password, everything in the address.
    for token in found.values():
        Client().get("/acme/app.git/info/refs?service=git-upload-pack", headers=basic(token, "x"))
        Client().get("/acme/app.git/info/refs?service=git-upload-pack", headers=basic("newcomer", token + "x"))
        Client().post("/users/sign_in", {"username": token, "password": token})
        Client().get(f"/acme/app?private_token={token}&job_token={token}")
    return found | identity_secrets.make(cast)


def new_secrets(cast: Cast) -> dict[str, str]:
    """Kind → what an administrator makes."""
    root = Api(token=token_for(cast.admin))
    person = root.post(
        "/users", {"username": "newcomer", "name": "N", "email": "n@example.org", "password": PASSWORD}
    ).json()
    personal = root.post(f"/users/{person['id']}/personal_access_tokens", {"name": "t", "scopes": ["api"]}).json()
    runner = root.post("/user/runners", {"runner_type": "project_type", "project_id": cast.app.pk}).json()
    root.put("/application/settings", {"allow_runner_registration_token": True})
    registration = root.post(f"/projects/{cast.app.pk}/runners/reset_registration_token").json()["token"]
    registered = Api().post("/runners", {"token": registration, "description": "old"}).json()["token"]
    trigger = root.post(f"/projects/{cast.app.pk}/triggers", {"description": "t"}).json()["token"]
    place, scopes = f"/projects/{cast.app.pk}", ["read_repository"]
    deploy = root.post(f"{place}/deploy_tokens", {"name": "gitlab-deploy-token", "scopes": scopes}).json()["token"]
    access = root.post(f"{place}/access_tokens", {"name": "robot", "scopes": scopes}).json()["token"]
    return {
        "deploy token": deploy,
        "access token": access,
        "password": PASSWORD,
        "personal token": personal["token"],
        "runner's token": runner["token"],
        "registration token": registration,
        "registered runner's token": registered,
        "trigger's token": trigger,
    }


def use_in_job(cast: Cast, work: Work, found: dict[str, str]) -> None:
    """The job prints all it knows, and uses its own token."""
    job = Api(job=work.token)
    job.patch(
        f"/jobs/{work.id}/trace",
        "".join(f"{name}: {value}\n" for name, value in found.items() if name != "password").encode(),
        headers={"Content-Range": "0-1"},
        content_type="text/plain",
    )
    job.get("/job")
    job.put(f"/projects/{cast.app.pk}/packages/generic/a/1/f", b"x")
    job.get(f"/projects/{cast.library.pk}/packages?job_token={work.token}")


def test_no_row_holds_a_secret(secrets):
    leaks = []
    for model in apps.get_models():
        rows = repr(list(model._default_manager.values()))
        leaks += [f"{name} in {model.__name__}" for name, secret in secrets.items() if secret in rows]
    assert not leaks


def test_no_file_of_the_data_folder_holds_a_secret(secrets, tmp_path):
    leaks = []
    for path in tmp_path.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            leaks += [f"{name} in {path.name}" for name, secret in secrets.items() if secret.encode() in data]
    assert not leaks


def test_no_page_of_the_administration_shows_a_secret_or_its_digest(cast: Cast, secrets):
    hidden = set(secrets.values()) | set(JobToken.objects.values_list("digest", flat=True))
    hidden |= set(Runner.objects.values_list("digest", flat=True))
    browser, leaks = Client(), []
    browser.force_login(cast.admin)
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages = [reverse(f"{name}_changelist")]
        pages += [reverse(f"{name}_change", args=[row.pk]) for row in model._default_manager.all()[:5]]
        for page in pages:
            text = browser.get(page, follow=True).content.decode()
            leaks += [f"{page}: {secret[:8]}" for secret in hidden if secret in text]
    assert not leaks


def test_no_answer_tells_a_secret_again(cast: Cast, secrets):
    root = Api(token=token_for(cast.admin))
    job = Job.objects.latest("pk")
    project = f"/projects/{cast.app.pk}"
    text = "".join(
        root.get(address).getvalue().decode()
        for address in (
            "/personal_access_tokens", "/runners/all", f"{project}/runners", f"{project}/jobs",
            f"{project}/jobs/{job.pk}", f"{project}/jobs/{job.pk}/trace", f"{project}/pipelines/{job.pipeline_id}",
            f"{project}/pipelines/{job.pipeline_id}/variables", project, "/users",
        )
    )  # fmt: skip
    # A trigger's token may be seen again, by its owner alone.
    text += Api(token=token_for(cast.owner)).get(f"{project}/triggers").content.decode()
    browser = Client()
    browser.force_login(cast.admin)
    for page in ("", f"/-/jobs/{job.pk}", f"/-/jobs/{job.pk}/raw", "/-/audit_events", "/-/settings/ci_cd"):
        text += browser.get(f"/acme/app{page}").getvalue().decode()
    assert [name for name, secret in secrets.items() if secret in text] == []


def test_nothing_that_is_logged_holds_a_secret(cast: Cast, caplog, request):
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("django.db.backends").setLevel(logging.INFO)  # statements and their values: never on here
        found = request.getfixturevalue("secrets")
    kept = NoSecrets()
    lines = [record.getMessage() for record in caplog.records if kept.filter(record)]
    assert [name for name, secret in found.items() if secret in "\n".join(lines)] == []


def test_no_program_is_started_with_a_secret(cast: Cast, monkeypatch, request):
    """Everybody on the machine may read the list of processes."""
    started, start = [], subprocess.Popen.__init__

    def popen(self: Any, args: Any, *more: Any, **options: Any) -> None:
        started.append(repr(args))
        start(self, args, *more, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", popen)
    found = request.getfixturevalue("secrets")
    found["owner's token"] = token_for(cast.owner)
    login = basic("owner", found["owner's token"])
    Client().get("/acme/app.git/info/refs?service=git-upload-pack", headers=login).getvalue()
    assert any("git" in line for line in started)
    assert [name for name, secret in found.items() if secret in "".join(started)] == []


@pytest.mark.urls("tests.security.crash_routes")
def test_the_report_of_a_crash_holds_no_secret(cast: Cast, caplog):
    personal, job = token_for(cast.owner), mint(Prefix.JOB)
    client = Client(raise_request_exception=False, headers={"JOB-TOKEN": job, **basic("owner", personal)})
    body = {"password": PASSWORD.replace(" ", ""), "token": personal}
    assert client.post(f"/crash?private_token={personal}&job_token={job}", body, "application/json").status_code == 500
    record = next(record for record in caplog.records if record.exc_info)
    NoSecrets().filter(record)
    report = logging.Formatter().format(record)
    assert "RuntimeError" in report
    secrets = [personal, job, *basic("owner", personal).values(), body["password"]]
    assert [secret for secret in secrets if secret in report] == []


@pytest.mark.pure
@pytest.mark.parametrize(
    "line",
    [
        "GET /x?private_token=glpat-abcDEF123",
        'body {"token": "GR1348941abcDEF123"}',
        "GR1348941abcDEF123",
        "Authorization: Basic abcDEF123=",
        "authorization: bearer abcDEF123",
        "headers {'JOB-TOKEN': 'abcDEF123'}",
        "PRIVATE-TOKEN: abcDEF123",
        '{"password": "abcDEF123"}',
        "http://gitlab-ci-token:abcDEF123@host/a.git",
    ],
)
def test_the_log_s_filter_knows_every_shape_of_a_secret(line):
    assert "abcDEF123" not in without_secrets(line)


def test_nothing_says_a_secret_when_it_is_printed(cast: Cast, secrets):
    for model in apps.get_models():
        for row in model._default_manager.all()[:5]:
            for text in (repr(row), str(row)):
                assert not [name for name, secret in secrets.items() if secret in text]


def test_a_pipeline_s_payload_holds_no_token(cast: Cast):
    trigger = Api(token=token_for(cast.owner)).post(f"/projects/{cast.app.pk}/triggers", {"description": "t"}).json()
    runners.push_file(cast.app, runners.SIMPLE)
    mine = token_for(cast.owner)
    query = f"private_token={mine}&job_token={mine}&access_token={mine}&colour=blue"
    made = Api().post(f"/projects/{cast.app.pk}/ref/main/trigger/pipeline?{query}", {"token": trigger["token"]})
    assert made.status_code == 201
    variables = Api(token=mine).get(f"/projects/{cast.app.pk}/pipelines/{made.json()['id']}/variables").content.decode()
    assert "blue" in variables
    assert mine not in variables


@pytest.mark.one_case
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1@evil.example", "evil.example:8000"])
def test_a_foreign_host_name_is_refused(cast: Cast, host):
    assert Client().get("/users/sign_in", headers={"Host": host}).status_code == 400


def test_the_address_with_the_token_in_it_is_ours_whatever_the_host_header_says(cast: Cast, settings):
    settings.EXTERNAL_URL = "https://tokens.example.org"
    runners.pipeline(cast.app, cast.developer)
    fake = runners.runner(cast.app)
    fake.api.headers["Host"] = "localhost:9999"
    fake.api.headers["X-Forwarded-Host"] = "evil.example"
    variables: Any = fake.work().variables
    assert variables["CI_REPOSITORY_URL"].endswith("@tokens.example.org/acme/app.git")
    assert variables["CI_SERVER_URL"] == "https://tokens.example.org"


def test_the_history_takes_the_address_from_the_connection_alone(cast: Cast):
    from audit.models import AuditEvent

    headers = {"X-Forwarded-For": "6.6.6.6", "X-Real-IP": "6.6.6.6", "Forwarded": "for=6.6.6.6"}
    Api(token=token_for(cast.owner), headers=headers).put(f"/projects/{cast.app.pk}", {"description": "new"})
    assert AuditEvent.objects.filter(event="project_updated")[0].address == "127.0.0.1"
