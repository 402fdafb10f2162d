"""Git's addresses as a client sees them: who is let in, and in which words the others are refused.

What git itself makes of it is tested with the real one in tests/contract.
"""

from __future__ import annotations

import base64
import gzip
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from identity.models import User
from jobs.states import State
from projects import services
from projects.extensions import events
from projects.models import Project
from projects.repository import Repository
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.factories.projects import commit
from tests.support.signals import only_receiver
from tokenaccess.access_log import buffer
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import FeatureLevel, Visibility

pytestmark = pytest.mark.once

HIDDEN = b"The project you were looking for could not be found or you don't have permission to view it.\n"
CHALLENGE = 'Basic realm="GitLab"'
FETCH, PUSH = "git-upload-pack", "git-receive-pack"


def basic(login: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()


class Git:
    """The HTTP half of a git client: `git.refs("acme/library")`, `git.post("acme/library", body)`."""

    def __init__(self, authorization: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.headers = {"Authorization": authorization} if authorization else {}

    def refs(self, path: str, service: str = FETCH, **headers: str) -> HttpResponse:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.get(f"/{path}.git/info/refs", {"service": service}, headers=sent)  # type: ignore[return-value]

    def post(self, path: str, body: bytes, service: str = FETCH, **headers: str) -> HttpResponse:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.generic(  # type: ignore[return-value]
            "POST", f"/{path}.git/{service}", body, content_type=f"application/x-{service}-request", headers=sent
        )


def as_person(user: User, *scopes: str) -> Git:
    return Git(basic(user.username, people.token_for(user, scopes or ("api",))))


def as_job(token: str) -> Git:
    return Git(basic("gitlab-ci-token", token))


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def line(text: str) -> bytes:
    return f"{len(text) + 4:04x}{text}".encode()


@pytest.fixture
def library(cast: Cast) -> Project:
    commit(cast.library, {"README.md": "hello"})
    return cast.library


# --- Fetching ---------------------------------------------------------------------------------------------------------


def test_a_reporter_sees_the_refs(cast: Cast, library: Project):
    answer = as_person(cast.reporter).refs("acme/library")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/x-git-upload-pack-advertisement"
    assert answer["Cache-Control"] == "no-cache"
    refs = content(answer)
    assert refs.startswith(line("# service=git-upload-pack\n") + b"0000")
    assert Repository(library.repository_path).find("main").sha.encode() + b" HEAD" in refs


def test_version_2_begins_with_itself(cast: Cast, library: Project):
    refs = content(as_person(cast.reporter).refs("acme/library", git_protocol="version=2"))
    assert refs.startswith(line("version 2\n"))


def test_a_strange_protocol_header_is_as_none(cast: Cast, library: Project):
    refs = content(as_person(cast.reporter).refs("acme/library", git_protocol="version=2; rm -rf /"))
    assert refs.startswith(line("# service=git-upload-pack\n"))


@pytest.mark.parametrize("packed", [False, True])
def test_a_fetch_is_answered_with_a_pack(cast: Cast, library: Project, packed: bool):
    sha = Repository(library.repository_path).find("main").sha
    body = line(f"want {sha} ofs-delta\n") + b"0000" + line("done\n")
    headers = {"content_encoding": "gzip"} if packed else {}
    answer = as_person(cast.reporter).post("acme/library", gzip.compress(body) if packed else body, **headers)
    assert answer["Content-Type"] == "application/x-git-upload-pack-result"
    assert content(answer).startswith(line("NAK\n") + b"PACK")


def test_a_job_fetches_from_its_own_project(cast: Cast, library: Project):
    assert as_job(cast.job_token(library)).refs("acme/library").status_code == 200


def test_a_job_is_admitted_while_its_project_is_listed(cast: Cast, library: Project):
    git = as_job(cast.job_token())
    assert git.refs("acme/library").status_code == 404
    entry = AllowlistEntry.objects.create(project=library, target_project=cast.app, direction="inbound")
    assert git.refs("acme/library").status_code == 200
    entry.delete()
    assert git.refs("acme/library").status_code == 404


def test_a_job_that_is_admitted_costs_one_statement(
    cast: Cast, library: Project, django_assert_num_queries: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(buffer, "record_use", lambda access: None)  # written by a thread of its own
    AllowlistEntry.objects.create(project=library, target_project=cast.app, direction="inbound")
    git = as_job(cast.job_token())
    git.refs("acme/library")
    with django_assert_num_queries(1):
        answer = git.refs("acme/library", git_protocol="version=2")
    assert answer.status_code == 200


def test_a_password_serves_for_git(cast: Cast, library: Project):
    assert Git(basic("reporter", "let me in please")).refs("acme/library").status_code == 200
    assert Git(basic("reporter", "let me in")).refs("acme/library").status_code == 401


def test_anyone_fetches_from_a_public_project(cast: Cast):
    projects.project("site", group=cast.acme, visibility=Visibility.PUBLIC)
    assert Git().refs("acme/site").status_code == 200
    assert Git().refs("ACME/Site").status_code == 200


# --- Refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("service", [FETCH, PUSH])
@pytest.mark.parametrize("path", ["acme/library", "acme/nothing", "no/such/group", "näh", "a\nb", "a" * 3000, "-"])
def test_a_visitor_is_asked_to_sign_in_whatever_they_ask_for(cast: Cast, library: Project, service: str, path: str):
    answer = Git().refs(path, service)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, CHALLENGE)
    assert answer["Content-Type"].startswith("text/plain")
    assert answer.content.startswith(b"HTTP Basic: Access denied")
    assert "X-Access-Reason" in answer


@pytest.mark.parametrize("service", [FETCH, PUSH])
def test_hidden_and_absent_look_the_same(cast: Cast, library: Project, service: str):
    own = {"X-Access-Reason", "X-Request-Id"}
    for git in (as_person(cast.outsider), as_job(cast.job_token(user=cast.outsider)), as_job(cast.job_token())):
        answers = [git.refs(path, service) for path in ("acme/library", "acme/nothing")]
        assert [answer.content for answer in answers] == [HIDDEN, HIDDEN]
        headers = [{name: value for name, value in answer.items() if name not in own} for answer in answers]
        assert headers[0] == headers[1]
        assert len(answers[0]["X-Access-Reason"]) == len(answers[1]["X-Access-Reason"])


@pytest.mark.parametrize("secret", ["glpat-nonsense", "nonsense", "x" * 10_000, "glcbt-nonsense"])
@pytest.mark.parametrize("login", ["gitlab-ci-token", "developer", "oauth2"])
def test_a_wrong_secret_is_refused_even_on_a_public_project(cast: Cast, login: str, secret: str):
    projects.project("site", group=cast.acme, visibility=Visibility.PUBLIC)
    answer = Git(basic(login, secret)).refs("acme/site")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, CHALLENGE)


@pytest.mark.parametrize("header", ["Basic ???", "Basic", "Basic " + base64.b64encode(b"\xff\xfe:\0").decode()])
def test_nonsense_for_a_credential_is_no_error_of_ours(cast: Cast, library: Project, header: str):
    assert Git(header).refs("acme/library").status_code == 401


def test_a_finished_jobs_token_is_refused_on_its_own_project(cast: Cast, library: Project):
    answer = as_job(cast.job_token(library, status=State.SUCCESS)).refs("acme/library")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, CHALLENGE)
    assert "X-Access-Reason" in answer


def test_a_guest_sees_the_project_but_not_its_code(cast: Cast, library: Project):
    answer = as_person(cast.guest).refs("acme/library")
    assert (answer.status_code, answer.content) == (403, b"You are not allowed to download code from this project.\n")


def test_a_blocked_persons_job_sees_that_they_are_blocked(cast: Cast, library: Project):
    token = cast.job_token(library)
    User.objects.filter(pk=cast.developer.pk).update(is_active=False)
    answer = as_job(token).refs("acme/library")
    assert (answer.status_code, answer.content) == (403, b"Your account has been blocked.\n")


def test_a_token_for_reading_oneself_reads_no_code(cast: Cast, library: Project):
    answer = as_person(cast.developer, "read_user").refs("acme/library")
    assert (answer.status_code, answer.content) == (403, b"You are not allowed to download code.\n")


def test_a_token_for_reading_does_not_push(cast: Cast, library: Project):
    answer = as_person(cast.developer, "read_repository").refs("acme/library", PUSH)
    assert (answer.status_code, answer.content) == (403, b"You are not allowed to upload code.\n")


def test_a_switched_off_repository_is_refused(cast: Cast, library: Project):
    services.update_project(library, by=cast.owner, repository_access_level=FeatureLevel.DISABLED)
    assert as_person(cast.owner).refs("acme/library").status_code == 403


def test_an_entry_that_grants_something_else_is_named(cast: Cast, library: Project):
    AllowlistEntry.objects.create(
        project=library,
        target_project=cast.app,
        direction="inbound",
        default_permissions=False,
        permissions=["read_packages"],
    )
    answer = as_job(cast.job_token()).refs("acme/library")
    assert answer.status_code == 403
    assert b"The following token permission is required: read_repositories." in answer.content


def test_a_project_without_a_repository_says_so(cast: Cast):
    Repository(cast.library.repository_path).remove()
    answer = as_person(cast.developer).refs("acme/library")
    assert (answer.status_code, answer.content) == (404, b"A repository for this project does not exist yet.\n")


def test_access_is_asked_again_for_the_fetch_itself(cast: Cast, library: Project):
    assert as_job(cast.job_token()).post("acme/library", b"0000").content == HIDDEN
    assert Git().post("acme/library", b"0000").status_code == 401


# --- Pushing ----------------------------------------------------------------------------------------------------------


def test_a_developer_may_push_and_a_reporter_may_not(cast: Cast, library: Project):
    assert as_person(cast.developer).refs("acme/library", PUSH).status_code == 200
    answer = as_person(cast.reporter).refs("acme/library", PUSH)
    assert (answer.status_code, answer.content) == (403, b"You are not allowed to push code to this project.\n")


def test_a_job_may_not_push_unless_its_project_says_so(cast: Cast, library: Project):
    git = as_job(cast.job_token(library))
    answer = git.refs("acme/library", PUSH)
    assert (answer.status_code, answer.content) == (403, b"You are not allowed to push code to this project.\n")


def test_nobody_pushes_to_an_archived_project(cast: Cast, library: Project):
    services.update_project(library, by=cast.owner, archived=True)
    answer = as_person(cast.owner).refs("acme/library", PUSH)
    assert (answer.status_code, answer.content) == (403, b"You can't push code to an archived project.\n")
    assert as_person(cast.owner).refs("acme/library").status_code == 200


def delete_branch(name: str, sha: str) -> bytes:
    return line(f"{sha} {'0' * 40} refs/heads/{name}\0 report-status") + b"0000"


def test_the_refs_that_a_push_updated_are_announced(cast: Cast, library: Project, monkeypatch: pytest.MonkeyPatch):
    updates: list[dict[str, Any]] = []
    only_receiver(monkeypatch, events.ref_updated, lambda **push: updates.append(push))
    repository = Repository(library.repository_path)
    sha = repository.create_branch("old", "main").sha
    answer = as_person(cast.developer).post("acme/library", delete_branch("old", sha), PUSH)
    assert b"ok refs/heads/old" in content(answer)
    assert updates == [
        {"project": library, "user": cast.developer, "ref": "refs/heads/old", "old": sha, "new": events.NULL_SHA}
    ]


def test_a_ref_that_git_refused_is_not_announced(cast: Cast, library: Project, monkeypatch: pytest.MonkeyPatch):
    updates: list[Any] = []
    only_receiver(monkeypatch, events.ref_updated, lambda **push: updates.append(push))
    sha = Repository(library.repository_path).find("main").sha
    answer = as_person(cast.developer).post("acme/library", delete_branch("main", sha), PUSH)
    assert b"ng refs/heads/main" in content(answer)
    assert not updates


def test_a_push_finishes_though_its_client_went_away(cast: Cast, library: Project, monkeypatch: pytest.MonkeyPatch):
    updates: list[Any] = []
    only_receiver(monkeypatch, events.ref_updated, lambda **push: updates.append(push))
    sha = Repository(library.repository_path).create_branch("old", "main").sha
    answer: Any = as_person(cast.developer).post("acme/library", delete_branch("old", sha), PUSH)
    answer.close()
    assert len(updates) == 1


# --- Bad input --------------------------------------------------------------------------------------------------------


def test_other_git_services_are_refused(cast: Cast, library: Project):
    for service in ("", "git-upload-archive", "git-upload-pack\0", "upload-pack"):
        answer = as_person(cast.owner).refs("acme/library", service)
        assert (answer.status_code, answer.content) == (403, b"The command you're trying to execute is not allowed.\n")


def test_a_head_request_is_refused_without_words(cast: Cast, library: Project):
    answer = Client().head("/acme/library.git/info/refs?service=git-upload-pack")
    assert (answer.status_code, answer.content) == (403, b"")


def test_git_over_http_refuses_other_methods(cast: Cast):
    assert Client().post("/acme/library.git/info/refs").status_code == 405
    assert Client().get("/acme/library.git/git-upload-pack").status_code == 405


def test_a_wrong_content_type_is_refused(cast: Cast, library: Project):
    git = as_person(cast.developer)
    answer = git.client.post(
        "/acme/library.git/git-upload-pack", b"{}", content_type="application/json", headers=git.headers
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("body", [b"nonsense", b"\0\0\0\0", b"ffff", line("want nonsense\n")])
@pytest.mark.parametrize("service", [FETCH, PUSH])
def test_a_malformed_git_request_is_a_bad_request(cast: Cast, library: Project, body: bytes, service: str):
    answer = as_person(cast.developer).post("acme/library", body, service)
    content(answer)
    assert answer.status_code in {200, 400}  # 200 where git explains itself in its own protocol


def test_broken_gzip_is_a_bad_request(cast: Cast, library: Project):
    git = as_person(cast.developer)
    whole = gzip.compress(b"0000" * 1000)
    for body in (b"no gzip", whole[:-10], whole[:20]):
        assert git.post("acme/library", body, content_encoding="gzip").status_code == 400
    assert git.post("acme/library", whole, content_encoding="br").status_code == 400


def test_the_address_without_git_leads_to_the_one_with_it(cast: Cast):
    answer = Client().get("/acme/library/info/refs?service=git-upload-pack")
    assert answer.status_code == 301
    assert answer["Location"] == "/acme/library.git/info/refs?service=git-upload-pack"


def test_too_many_wrong_passwords_are_refused_in_plain_words(cast: Cast, library: Project, settings: Any):
    for _ in range(settings.AXES_FAILURE_LIMIT + 1):
        answer = Git(basic("reporter", "wrong")).refs("acme/library")
    assert answer.status_code == 429
    assert (answer["RateLimit-Limit"], answer["RateLimit-Remaining"], answer["Retry-After"]) == ("10", "0", "900")
    assert answer["Content-Type"].startswith("text/plain")
    assert Git(basic("reporter", "let me in please")).refs("acme/library").status_code == 429
    assert as_person(cast.reporter).refs("acme/library").status_code == 200
