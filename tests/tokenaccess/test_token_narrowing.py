"""A job that asks for less: job-token.md §2.5."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Job, JobToken
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.allowlist.services import limit_access
from tokenaccess.models import RefusalRecord

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
    assert "X-Access-Reason" in packages
    assert RefusalRecord.objects.get().rule == "declared"


@pytest.mark.parametrize("project", ["library", "app"])
def test_a_project_that_is_not_named_is_out_of_reach_the_own_one_too(cast: Cast, project: str) -> None:
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
