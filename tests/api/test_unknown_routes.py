"""Addresses that the API does not have, below a project that one sees, that is hidden, or that is not there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories import projects
from tests.factories.cast import Cast

pytestmark = pytest.mark.once

UNKNOWN = {"error": "404 Not Found"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("below", ["no_such_thing", "no_such_thing/5", "issues", "jobs/5/no_such_thing", "a/members"])
def test_an_unknown_address_is_a_plain_404_for_every_method(cast: Cast, api: Any, method: str, below: str) -> None:
    for project in (cast.library.pk, "acme%2Flibrary"):
        answer = api(cast.owner).request(method, f"/projects/{project}/{below}")
        assert (answer.status_code, answer.json()) == (404, UNKNOWN)


@pytest.mark.parametrize("place", ["groups", "namespaces"])
def test_an_unknown_address_below_a_group_is_a_plain_404(cast: Cast, api: Any, place: str) -> None:
    answer = api(cast.owner).get(f"/{place}/{cast.acme.pk}/no_such_thing")
    assert (answer.status_code, answer.json()) == (404, UNKNOWN)


def test_an_unknown_address_says_nothing_about_the_project(cast: Cast, api: Any) -> None:
    answers = [
        caller.get(f"/projects/{project}/no_such_thing", headers={"X-Request-Id": "one"})
        for caller in (api(cast.owner), api(cast.outsider), api(), api(job=cast.job_token()), api(token="glpat-wrong"))
        for project in (cast.library.pk, 999_999, "acme%2Flibrary", "acme%2Fnothing")
    ]
    assert len({(answer.status_code, answer.content, tuple(answer.headers.items())) for answer in answers}) == 1


def test_a_full_path_with_encoded_slashes_is_a_project_as_ever(cast: Cast, api: Any) -> None:
    assert api(cast.owner).get("/projects/acme%2flibrary").json()["id"] == cast.library.pk
    missing = api(cast.owner).get("/projects/acme%2Flibrary%2Fno_such_thing")
    assert missing.json() == {"message": "404 Project Not Found"}
    assert api(cast.owner).get("/projects/acme/library").json() == UNKNOWN


def test_a_branch_called_like_the_end_of_an_address_is_a_branch_where_its_slash_is_encoded(
    cast: Cast, api: Any
) -> None:
    projects.commit(cast.library, {"README.md": "x"})
    sha = projects.commit(cast.library, {"a": "x"}, branch="fix/diff")
    commits = f"/projects/{cast.library.pk}/repository/commits"
    assert api(cast.owner).get(f"{commits}/fix%2Fdiff").json()["id"] == sha
    assert isinstance(api(cast.owner).get(f"{commits}/fix%2fdiff/diff").json(), list)


@pytest.mark.parametrize(
    ("method", "below", "status"),
    [
        ("DELETE", "terraform/state/production%2Flock", 400),
        ("GET", "terraform/state/production%2Fversions%2F1", 400),
        ("GET", "packages/terraform/modules/net%2Faws/1.0.0", 404),
        ("GET", "packages/npm/demo%2F-%2Fdemo-1.0.0.tgz", 404),
        ("GET", "packages%2Fgeneric/tool/1.0/tool.bin", 404),
    ],
)
def test_an_encoded_slash_ends_no_name(cast: Cast, api: Any, method: str, below: str, status: int) -> None:
    answer = api(cast.owner).request(method, f"/projects/acme%2Flibrary/{below}")
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/version", "/projects", "/projects/acme%2Flibrary", "/user"])
def test_a_slash_at_the_end_does_not_count(cast: Cast, api: Any, path: str) -> None:
    answer = api(cast.owner).get(f"{path}/")
    assert answer.status_code == 200
    assert answer.json() == api(cast.owner).get(path).json()


def test_a_request_with_a_body_is_answered_at_once(cast: Cast, api: Any) -> None:
    answer = api(cast.owner).post("/projects/", {"name": "fresh", "namespace_id": cast.acme.pk})
    assert answer.status_code == 201


def test_a_slash_at_the_end_does_not_go_around_the_check_for_forged_requests(cast: Cast) -> None:
    forger = Client(enforce_csrf_checks=True)
    forger.force_login(cast.owner)
    assert forger.post("/api/v4/projects/", {"name": "forged", "namespace_id": cast.acme.pk}).status_code == 403
