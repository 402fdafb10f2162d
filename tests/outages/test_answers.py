"""What each client is answered in an outage.

The errors are raised where no real fault can be had in a test: a full file system needs a mount, a lost database a
server of its own. tests/faults has both.
"""

from __future__ import annotations

import errno
import os
from base64 import b64encode
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from identity.models import PersonalToken
from jobs.models import Job
from outages import kinds
from portal import errors
from projects.models import Group, Project
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tokenaccess.access import facts

AWAY = "The database cannot be reached. Try again in a moment."
FULL = "The server's disk is full. Nothing was stored; try again when there is room."
_503 = f"503 Service Unavailable - {AWAY}"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first statement of whoever asks for a project fails."""
    for name in ("project_facts", "job_facts"):
        monkeypatch.setattr(facts, name, raise_it(OperationalError("server closed the connection unexpectedly")))


def raise_it(error: Exception) -> Callable[..., Any]:
    def fail(*_args: Any, **_more: Any) -> Any:
        raise error

    return fail


def ask(path: str, method: str = "GET", **more: Any) -> Any:
    return Client(raise_request_exception=False).generic(method, path, **more)


@pytest.mark.usefixtures("away")
def test_the_api_says_in_json_that_the_database_is_away(cast: Cast):
    answer = ask("/api/v4/projects/1")
    assert (answer.status_code, answer["Retry-After"], answer.json()) == (503, "5", {"message": _503})


@pytest.mark.usefixtures("away")
def test_a_job_learns_that_the_database_is_away(cast: Cast):
    answer = ask("/api/v4/projects/1/packages/generic/a/1/b", headers={"JOB-TOKEN": cast.job_token()})
    assert (answer.status_code, answer.json()) == (503, {"message": _503})


@pytest.mark.usefixtures("away")
def test_git_prints_the_sentence(cast: Cast):
    answer = ask("/acme/library.git/info/refs?service=git-upload-pack")
    assert (answer.status_code, answer["Content-Type"]) == (503, "text/plain; charset=utf-8")
    assert (answer["Retry-After"], answer.content.decode()) == ("5", f"{AWAY}\n")


@pytest.mark.usefixtures("away")
def test_a_page_says_so_in_full(cast: Cast):
    answer = ask("/acme/library")
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert AWAY in answer.content.decode()
    assert "sidenav" not in answer.content.decode()


@pytest.mark.usefixtures("away")
def test_a_page_without_templates_says_so_in_plain_text(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(errors, "render", raise_it(RuntimeError("no templates")))
    answer = ask("/acme/library")
    assert (answer.status_code, answer.content.decode()) == (503, AWAY)


@pytest.mark.usefixtures("away")
def test_graphql_has_an_error_and_no_half_of_the_data(cast: Cast):
    query = '{"query": "{ project(fullPath: \\"acme/library\\") { name } }"}'
    answer = ask("/api/graphql", "POST", data=query, content_type="application/json")
    assert (answer.status_code, answer.json()) == (503, {"errors": [{"message": _503}]})


def test_a_runner_learns_that_the_disk_is_full_and_the_log_stays_whole(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    job = jobs.job(cast.app, cast.developer)
    token = jobs.token_of(job)
    assert send(job, token, b"whole\n", 0).status_code == 202
    real, sent = os.pwrite, iter([True, False])

    def pwrite(file: int, data: bytes, position: int) -> int:
        if not next(sent):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(file, data[:2], position)

    with monkeypatch.context() as full:
        full.setattr(os, "pwrite", pwrite)
        answer = send(job, token, b"torn\n", 6)
    assert (answer.status_code, answer.json()) == (507, {"message": f"507 Insufficient Storage - {FULL}"})
    assert job.trace_path.read_bytes() == b"whole\n"
    assert send(job, token, b"again\n", 6).status_code == 202
    assert job.trace_path.read_bytes() == b"whole\nagain\n"


def send(job: Job, token: str, piece: bytes, start: int) -> Any:
    headers = {"JOB-TOKEN": token, "Content-Range": f"{start}-{start + len(piece) - 1}"}
    return ask(f"/api/v4/jobs/{job.pk}/trace", "PATCH", data=piece, content_type="text/plain", headers=headers)


def test_a_read_goes_on_when_its_token_cannot_be_touched(cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch):
    developer = api(cast.developer)
    monkeypatch.setattr(PersonalToken.objects, "filter", raise_it(OperationalError("database or disk is full")))
    assert developer.get("/user").status_code == 200


def test_a_branch_that_finds_no_room_is_no_fault_of_its_name(cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch):
    """libgit2 hands the number of the error not on, only its words."""
    developer = api(cast.owner)
    developer.client.raise_request_exception = False
    change = {"action": "create", "file_path": "a", "content": ""}
    first = {"branch": "main", "commit_message": "m", "actions": [change]}
    assert developer.post(f"/projects/{cast.app.pk}/repository/commits", first).status_code == 201
    full = raise_it(OSError("failed to write out file: No space left on device"))
    monkeypatch.setattr("pygit2.repository.References.create", full)
    answer = developer.post(f"/projects/{cast.app.pk}/repository/branches?branch=next&ref=main")
    assert (answer.status_code, answer.json()) == (507, {"message": f"507 Insufficient Storage - {FULL}"})


def test_a_tag_is_not_begun_where_there_is_no_room(cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(kinds, "MIN_FREE_BYTES", 2**63)
    owner = api(cast.owner)
    owner.client.raise_request_exception = False
    answer = owner.post(f"/projects/{cast.app.pk}/repository/tags?tag_name=v1&ref=main&message=First")
    assert (answer.status_code, answer.json()) == (507, {"message": f"507 Insufficient Storage - {FULL}"})


def test_a_push_is_refused_for_want_of_room_before_it_is_sent(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """Git shows the text of a refusal only then."""
    monkeypatch.setattr(kinds, "MIN_FREE_BYTES", 2**63)
    login = b64encode(f"x:{token_for(cast.owner)}".encode()).decode()
    for service, status in (("git-receive-pack", 507), ("git-upload-pack", 200)):
        path = f"/{cast.app.full_path}.git/info/refs?service={service}"
        answer = ask(path, headers={"Authorization": f"Basic {login}"})
        assert answer.status_code == status
    answer = ask("/acme/app.git/info/refs?service=git-receive-pack", headers={"Authorization": f"Basic {login}"})
    assert answer.content.decode() == f"{FULL}\n"


# --- What is deleted at the same moment ------------------------------------------------------------------------------

GONE = "Something that this needs was deleted at the same moment. Nothing was stored; look whether it is still there."


def delete_first(monkeypatch: pytest.MonkeyPatch, where: str, gone: Group | Project) -> None:
    """As if somebody else had deleted it between the check of a request and what `where` does."""
    module, _, name = where.rpartition(".")
    real = getattr(import_module(module), name)

    def late(*args: Any, **more: Any) -> Any:
        type(gone).objects.filter(pk=gone.pk).delete()
        return real(*args, **more)

    monkeypatch.setattr(where, late)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("where", "path", "body"),
    [
        ("tokens.services.create_deploy_token", "deploy_tokens", {"name": "a", "scopes": ["read_repository"]}),
        ("hooks.services.create_hook", "hooks", {"url": "https://example.com/"}),
    ],
)
def test_what_belongs_to_a_group_that_is_deleted_meanwhile_is_a_conflict(
    cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch, where: str, path: str, body: dict[str, Any]
):
    owner = api(cast.owner)
    owner.client.raise_request_exception = False
    brief = projects.group("brief", by=cast.owner)
    delete_first(monkeypatch, where, brief)
    answer = owner.post(f"/groups/{brief.pk}/{path}", body)
    assert (answer.status_code, answer.json()) == (409, {"message": f"409 Conflict - {GONE}"})
