"""A job that asks for less: job-token.md §2.5."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from jobs.models import Job, JobToken
from jobs.runners.job_tokens import narrow_token
from tests.factories import projects, runners
from tests.factories.artifacts import upload, zip_bytes
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.access_log import buffer, job_uses, writer
from tokenaccess.allowlist.services import limit_access
from tokenaccess.models import JobUse, RefusalRecord
from tokenaccess.policy.levels import Role
from tokenaccess.policy.narrowing import Narrowing

FILE = """
variables: {TOKEN_ACCESS: none}
build:
  script: x
  variables: {TOKEN_ACCESS: read_releases $CI_PROJECT_PATH acme/library}
"""


def releases(token: str, project: Any) -> Any:
    return Api(job=token).get(f"/projects/{project.pk}/releases")


def work(cast: Cast, text: str = FILE, **pipeline: Any) -> Any:
    limit_access(cast.library, by=cast.owner, inbound=False)
    runners.pipeline(cast.app, cast.developer, text, **pipeline)
    return runners.runner(cast.app).work()


def test_a_job_is_given_the_token_that_its_file_asks_for(cast: Cast) -> None:
    token = work(cast).token
    assert JobToken.objects.get().narrowed_to == "read_releases acme/app acme/library"
    assert releases(token, cast.library).status_code == releases(token, cast.app).status_code == 200
    packages = Api(job=token).get(f"/projects/{cast.library.pk}/packages/generic/a/1/f")
    assert packages.json() == {
        "message": "403 Forbidden - The job narrowed its token (TOKEN_ACCESS) and did not ask for read_packages "
        "in project library."
    }
    assert RefusalRecord.objects.get().rule == "declared"
    client = Client()
    client.force_login(cast.maintainer)
    explained = client.get(f"/-/access_reasons/{packages['X-Access-Reason']}").content.decode()
    assert "did not ask for read_packages in project library." in explained
    assert "Add what is missing to TOKEN_ACCESS" in explained


@pytest.mark.parametrize("project", ["library", "app"])
def test_a_project_that_is_not_named_is_out_of_reach_even_the_own_one(cast: Cast, project: str) -> None:
    token = work(cast, "build: {script: x, variables: {TOKEN_ACCESS: acme/other}}").token
    answer = releases(token, getattr(cast, project))
    assert (answer.status_code, f"did not name the project {project}" in answer.json()["message"]) == (403, True)


def test_the_runner_s_own_requests_and_the_checkout_keep_working(cast: Cast) -> None:
    done = work(cast, "build: {script: x, variables: {TOKEN_ACCESS: none}}")
    git = f"http://testserver/{cast.app.full_path}.git/info/refs?service=git-upload-pack"
    basic = Api(headers={"Authorization": f"Bearer {done.token}"})
    assert basic.get(git).status_code == 200
    assert basic.get(git.replace("app.git", "library.git")).status_code == 403
    assert Api(job=done.token).get("/job").status_code == 200
    trace = Api().patch(
        f"/jobs/{done.id}/trace", b"on\n", headers={"JOB-TOKEN": done.token, "Content-Range": "0-2"},
        content_type="text/plain",
    )  # fmt: skip
    assert trace.status_code == 202
    assert Api().put(f"/jobs/{done.id}", {"token": done.token, "state": "success"}).status_code == 200
    assert Job.objects.get().status == "success"


def test_a_runner_still_fetches_the_artifacts_of_earlier_jobs_of_the_run_and_no_others(cast: Cast) -> None:
    text = """
        build: {stage: build, script: x, artifacts: {paths: [a]}}
        use: {script: x, variables: {TOKEN_ACCESS: none}}
        """
    runner, old = runners.runner(cast.app), 0
    for _ in range(2):
        runners.pipeline(cast.app, cast.developer, text)
        build = runner.work()
        upload(build.id, build.token, zip_bytes(), artifact_type="archive", artifact_format="zip", expire_in="1+week")
        build.succeed()
        use = runner.work()
        assert Api(job=use.token).get(f"/jobs/{build.id}/artifacts").status_code == 200
        refused = Api(job=use.token).get(f"/projects/{cast.app.pk}/jobs/{build.id}/artifacts")
        assert (refused.status_code, "did not ask for read_jobs" in refused.json()["message"]) == (403, True)
        if old:
            assert Api(job=use.token).get(f"/jobs/{old}/artifacts").status_code == 403
        use.succeed()
        old = build.id
        assert not JobUse.objects.filter(job=use.id).exists()


def test_no_variable_from_elsewhere_changes_what_the_file_says(cast: Cast, api: Any) -> None:
    api(cast.maintainer).post(f"/projects/{cast.app.pk}/variables", {"key": "TOKEN_ACCESS", "value": "admin_jobs"})
    given = [{"key": "TOKEN_ACCESS", "value": "admin_packages", "variable_type": "env_var"}]
    taken = work(cast, variables=given)
    assert JobToken.objects.get().narrowed_to == "read_releases acme/app acme/library"
    last = [one["value"] for one in taken.payload["variables"] if one["key"] == "TOKEN_ACCESS"][-1]
    assert last == "read_releases acme/app acme/library"


def test_where_the_file_says_nothing_such_a_variable_is_one_like_any(cast: Cast, api: Any) -> None:
    api(cast.maintainer).post(f"/projects/{cast.app.pk}/variables", {"key": "TOKEN_ACCESS", "value": "whatever"})
    token = work(cast, "build: {script: x}").token
    assert JobToken.objects.get().narrowed_to == ""
    assert releases(token, cast.library).status_code == 200


def test_a_narrowed_job_cannot_tell_hidden_from_absent(cast: Cast) -> None:
    token = work(cast, "build: {script: x, variables: {TOKEN_ACCESS: none}}").token
    limit_access(cast.library, by=cast.owner, inbound=True)
    hidden = releases(token, cast.library)
    absent = Api(job=token).get("/projects/999999/releases")
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json())
    assert hidden.status_code == 404


# --- While the job runs -----------------------------------------------------------------------------------------------


def narrow(token: str, words: str) -> Any:
    return Api(job=token).post("/token_access/self/narrow", {"token_access": words})


def test_a_job_asks_what_its_token_is(cast: Cast) -> None:
    token = work(cast).token
    shown = Api(job=token).get("/token_access/self").json()
    assert shown["project"] == {"id": cast.app.pk, "path_with_namespace": "acme/app"}
    assert shown["user"] == {"id": cast.developer.pk, "username": "developer"}
    assert (shown["job"]["name"], shown["token_access"]) == ("build", "read_releases acme/app acme/library")
    assert (shown["permissions"], shown["projects"]) == (["read_releases"], ["acme/app", "acme/library"])
    assert shown["expires_at"]


def test_each_call_leaves_only_what_is_common_to_all(cast: Cast) -> None:
    token = cast.job_token()
    limit_access(cast.library, by=cast.owner, inbound=False)
    assert Api(job=token).get("/token_access/self").json()["token_access"] is None
    assert narrow(token, "read_releases admin_packages $CI_PROJECT_PATH acme/library").status_code == 201
    assert releases(token, cast.library).status_code == 200
    left = narrow(token, "read_releases read_packages read_jobs acme/library acme/tools").json()
    assert left["token_access"] == "read_packages read_releases acme/library"
    assert (releases(token, cast.library).status_code, releases(token, cast.app).status_code) == (200, 403)
    for wider in ("read_releases", "acme/library", "$CI_PROJECT_PATH"):
        assert narrow(token, wider).status_code == 201
    assert narrow(token, "admin_releases").json()["token_access"] == "none"
    assert releases(token, cast.library).status_code == 403


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"token_access": "read_package"}, "token_access: read_package: it is neither a permission nor the path"),
        ({"token_access": ""}, "token_access: it is empty"),
        ({}, "token_access is missing"),
        ({"token_access": "none", "undo": True}, "undo"),
        ({"token_access": ["none"]}, "token_access is invalid"),
    ],
)  # fmt: skip
def test_what_cannot_be_understood_changes_nothing(cast: Cast, body: dict[str, Any], message: str) -> None:
    answer = Api(job=cast.job_token()).post("/token_access/self/narrow", body)
    assert (answer.status_code, message in str(answer.json())) == (400, True), answer.json()
    assert JobToken.objects.get().narrowed_to == ""


def test_narrowing_is_for_a_running_job_s_own_token_only(cast: Cast, api: Any) -> None:
    ended = cast.job_token(status="success")
    for address, ask in (("/token_access/self", "get"), ("/token_access/self/narrow", "post")):
        body = ({"token_access": "none"},) if ask == "post" else ()
        assert getattr(Api(job=ended), ask)(address, *body).status_code == 401
        assert getattr(Api(), ask)(address, *body).status_code == 401
        assert getattr(api(cast.developer), ask)(address, *body).status_code == 404


def test_two_at_once_leave_what_all_have_in_common(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.job_token()
    token, intersect = JobToken.objects.get(), Narrowing.intersect
    narrow_token(token.job_id, Narrowing.parse("read_jobs read_packages read_releases"))

    def narrow_in_between(self: Narrowing, other: Narrowing) -> Narrowing:
        monkeypatch.undo()
        narrow_token(token.job_id, Narrowing.parse("read_jobs read_packages"))
        return intersect(self, other)

    monkeypatch.setattr(Narrowing, "intersect", narrow_in_between)
    assert str(narrow_token(token.job_id, Narrowing.parse("read_jobs read_releases"))) == "read_jobs"


# --- The job's page ---------------------------------------------------------------------------------------------------


def page(cast: Cast, who: Any, job: Any) -> str:
    client = Client()
    client.force_login(who)
    return str(client.get(f"/acme/app/-/jobs/{job}").content.decode()).replace("<wbr>", "")


def finished_job_that_used(cast: Cast, text: str = "build: {script: x}") -> Any:
    """A job that read releases here and there, and has ended."""
    done = work(cast, text)
    for project in (cast.app, cast.library):
        releases(done.token, project)
    Api(headers={"Authorization": f"Bearer {done.token}"}).get(
        "http://testserver/acme/app.git/info/refs?service=git-upload-pack"
    )
    Api().put(f"/jobs/{done.id}", {"token": done.token, "state": "success"})
    return done


def test_the_page_shows_what_was_used_and_offers_less(cast: Cast) -> None:
    done = finished_job_that_used(cast)
    assert set(JobUse.objects.values_list("project", "name")) == {
        (cast.app.pk, "read_releases"), (cast.library.pk, "read_releases"),
    }  # fmt: skip
    shown = page(cast, cast.maintainer, done.id)
    assert "TOKEN_ACCESS: read_releases $CI_PROJECT_PATH acme/library" in shown
    assert "it has all rights of the user" in shown
    assert "TOKEN_ACCESS: read_releases" in page(cast, cast.developer, done.id)  # it acted as them
    assert "TOKEN_ACCESS:" not in page(cast, cast.reporter, done.id)


def test_a_job_that_asked_for_what_it_used_is_offered_nothing(cast: Cast) -> None:
    done = finished_job_that_used(
        cast, "build: {script: x, variables: {TOKEN_ACCESS: read_releases $CI_PROJECT_PATH acme/library}}"
    )
    shown = page(cast, cast.maintainer, done.id)
    assert "<code>read_releases acme/app acme/library</code>" in shown
    assert "Less would have done" not in shown


def test_a_job_that_used_nothing_is_offered_none_and_shown_what_it_gave_up(cast: Cast) -> None:
    done = work(cast, "build: {script: x, variables: {TOKEN_ACCESS: read_jobs}}")
    narrow(done.token, "read_jobs acme/app")
    Api().put(f"/jobs/{done.id}", {"token": done.token, "state": "success"})
    shown = page(cast, cast.maintainer, done.id)
    assert "TOKEN_ACCESS: none" in shown
    assert "<code>read_jobs acme/app</code>" in shown
    assert "The CI file asked for" in shown


def test_a_job_that_was_refused_something_is_not_advised_to_do_without_it(cast: Cast) -> None:
    done = work(cast, "build: {script: x}")
    limit_access(cast.library, by=cast.owner, inbound=True)
    assert releases(done.token, cast.library).status_code == 404
    Api().put(f"/jobs/{done.id}", {"token": done.token, "state": "success"})
    shown = page(cast, cast.maintainer, done.id)
    assert "1 request of this job was refused" in shown
    assert "TOKEN_ACCESS:" not in shown
    started = page(cast, cast.developer, done.id)
    assert "1 request of this job was refused" in started
    assert "TOKEN_ACCESS:" not in started


def test_a_project_that_the_reader_may_not_see_is_not_named(cast: Cast) -> None:
    done = finished_job_that_used(cast)
    projects.members({cast.outsider: Role.MAINTAINER}, cast.app)
    shown = page(cast, cast.outsider, done.id)
    assert "A project you cannot see" in shown
    assert "acme/library" not in shown
    assert "TOKEN_ACCESS: read_releases<" in shown or "TOKEN_ACCESS: read_releases\n" in shown


def test_a_use_is_written_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    token, written = cast.job_token(), []
    monkeypatch.setattr(writer, "write_job_uses", lambda notes: written.extend(notes))
    for _ in range(3):
        releases(token, cast.app)
    job = Job.objects.get().pk
    assert written == [{"job": job, "accessed": cast.app.pk, "name": "read_releases"}]


def test_a_use_that_could_not_be_written_waits(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    cast.job_token()
    job_uses.keep(Job.objects.get().pk, cast.library.pk, ("read_jobs",))
    job_uses.keep(0, 0, ("gone",))

    def refuse(_notes: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as outage:
        outage.setattr(writer, "write_job_uses", refuse)
        with pytest.raises(OperationalError):
            buffer.write()
    buffer.write()
    assert JobUse.objects.get().name == "read_jobs"
