"""Filters of lists: each leaves out what it says, and one that cannot be had is refused by name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from identity.models import User
from projects import services
from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Role

FORM = "application/x-www-form-urlencoded"
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


def names(answer: Any, key: str) -> list[str]:
    assert answer.status_code == 200, answer.content
    return sorted(row[key] for row in answer.json())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("created_before=2002-01-01", ["guest"]),
        ("created_after=2002-01-01T00:00:00Z&search=g", ["google"]),
        ("exclude_external=true&search=g", ["google"]),
        ("external=true", ["guest"]),
        ("exclude_active=true", []),
        ("exclude_humans=true", []),
        ("humans=true&search=g", ["google", "guest"]),
        ("two_factor=enabled", []),
        ("two_factor=disabled&search=gu", ["guest"]),
    ],
)
def test_users_are_filtered(api: Any, cast: Cast, query: str, expected: list[str]) -> None:
    User.objects.exclude(pk=cast.guest.pk).filter(username__contains="g").delete()
    User.objects.create(username="google", name="G")
    User.objects.filter(pk=cast.guest.pk).update(date_joined=LONG_AGO, is_external=True)
    assert names(api(cast.admin).get(f"/users?{query}"), "username") == expected


def test_only_administrators_filter_by_who_is_one(api: Any, cast: Cast) -> None:
    assert names(api(cast.admin).get("/users?admins=true"), "username") == ["admin"]
    answer = api(cast.guest).get("/users?admins=true")
    assert (answer.status_code, answer.json()) == (400, {"error": "admins is for administrators only"})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("last_activity_before=2002-01-01T00:00:00Z", ["app"]),
        ("last_activity_after=2002-01-01T00:00:00Z", ["library"]),
        ("updated_before=2002-01-01", ["app"]),
        ("updated_after=2002-01-01", ["library"]),
        ("active=true", ["library"]),
        ("active=false", ["app"]),
        ("archived=true", ["app"]),
        ("starred=true", []),
        ("starred=false", ["app", "library"]),
        ("topic=cli", []),
        ("with_issues_enabled=true", []),
        ("with_merge_requests_enabled=true", []),
        ("id_after=LIBRARY&id_before=LIBRARY", []),
        ("id_before=APP", ["library"]),
        ("id_after=LIBRARY", ["app"]),
    ],
)
def test_projects_are_filtered(api: Any, cast: Cast, query: str, expected: list[str]) -> None:
    Project.objects.filter(pk=cast.app.pk).update(last_activity_at=LONG_AGO, archived=True)
    query = query.replace("LIBRARY", str(cast.library.pk)).replace("APP", str(cast.app.pk))
    assert names(api(cast.owner).get(f"/projects?{query}"), "path") == expected
    assert names(api(cast.owner).get(f"/groups/acme/projects?{query}"), "path") == expected


@pytest.mark.one_case
@pytest.mark.parametrize(
    "query", ["with_programming_language=python", "statistics=true", "topic_id=1", "repository_storage=x"]
)
def test_a_filter_of_projects_that_is_not_here_is_refused_by_name(api: Any, cast: Cast, query: str) -> None:
    answer = api(cast.owner).get(f"/projects?{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": f"{query.partition('=')[0]} is not supported"})


def test_groups_are_filtered(api: Any, cast: Cast) -> None:
    public = services.create_group(name="Public", path="open", parent=None, by=cast.admin, visibility=20)
    caller = api(cast.owner)
    assert {"acme", "open"} <= set(names(caller.get("/groups"), "path"))
    assert "open" not in names(caller.get("/groups?all_available=false"), "path")
    assert "acme" in names(caller.get("/groups?all_available=false"), "path")
    for query in (f"skip_groups[]={public.pk}&skip_groups[]=0", f"skip_groups={public.pk},0"):
        assert "open" not in names(caller.get(f"/groups?{query}"), "path")
    assert caller.get("/groups?statistics=true").json() == {"error": "statistics is not supported"}


def test_members_are_filtered(api: Any, cast: Cast) -> None:
    projects.member(cast.outsider, cast.library, Role.GUEST)
    for path in ("members", "members/all"):
        address = f"/projects/{cast.library.pk}/{path}"
        everybody = names(api(cast.owner).get(address), "username")
        only = names(api(cast.owner).get(f"{address}?user_ids[]={cast.outsider.pk}"), "username")
        others = names(api(cast.owner).get(f"{address}?skip_users[]={cast.outsider.pk}"), "username")
        assert only == ["outsider"]
        assert sorted([*only, *others]) == everybody


@pytest.fixture
def code(cast: Cast) -> str:
    projects.commit(cast.library, {"a": "1"}, message="First")
    return f"/projects/{cast.library.pk}/repository"


def test_branches_are_filtered_by_a_regular_expression_and_sorted(api: Any, cast: Cast, code: str) -> None:
    caller = api(cast.developer)
    for name in ("x1", "x2", "y-x"):
        assert caller.post(f"{code}/branches", {"branch": name, "ref": "main"}).status_code == 201
    assert names(caller.get(f"{code}/branches?regex=^x"), "name") == ["x1", "x2"]
    assert names(caller.get(f"{code}/branches?regex=x[13]"), "name") == ["x1"]
    assert caller.get(f"{code}/branches?regex=(").json() == {"error": "regex is invalid"}
    newest = caller.get(f"{code}/branches?sort=updated_desc").json()
    assert [branch["name"] for branch in newest] == ["y-x", "x2", "x1", "main"]


def test_tags_are_sorted_by_name_or_version(api: Any, cast: Cast, code: str) -> None:
    caller = api(cast.developer)
    for name in ("v1.9", "v1.10", "v2-rc1", "v2"):
        assert caller.post(f"{code}/tags", {"tag_name": name, "ref": "main"}).status_code == 201
    by_version = caller.get(f"{code}/tags?order_by=version").json()
    assert [tag["name"] for tag in by_version] == ["v2", "v2-rc1", "v1.10", "v1.9"]
    by_name = caller.get(f"{code}/tags?order_by=name&sort=asc").json()
    assert [tag["name"] for tag in by_name] == ["v1.10", "v1.9", "v2", "v2-rc1"]
    assert caller.post(f"{code}/tags", {"tag_name": "v1.²", "ref": "main"}).status_code == 201
    assert caller.get(f"{code}/tags?order_by=version").json()[-1]["name"] == "v1.²"


def test_commits_are_filtered_by_author_and_taken_from_every_ref(api: Any, cast: Cast, code: str) -> None:
    caller = api(cast.developer)
    change = {"branch": "side", "start_branch": "main", "commit_message": "Aside", "content": "2"}
    written = caller.post(f"{code}/files/b", {**change, "author_name": "Ada", "author_email": "ada@example.org"})
    assert written.status_code == 201
    assert names(caller.get(f"{code}/commits?ref_name=side&author=Ada"), "title") == ["Aside"]
    assert names(caller.get(f"{code}/commits?ref_name=side&author=ada@example.org"), "title") == ["Aside"]
    assert names(caller.get(f"{code}/commits?ref_name=side&author=nobody"), "title") == []
    assert names(caller.get(f"{code}/commits"), "title") == ["First"]
    assert names(caller.get(f"{code}/commits?all=true"), "title") == ["Aside", "First"]
    assert caller.get(f"{code}/commits?trailers=true").json() == {"error": "trailers is not supported"}


def test_a_commit_takes_its_actions_from_a_form(api: Any, cast: Cast, code: str) -> None:
    """GitLab documents this form for curl: a new action begins where a field repeats."""
    form = (
        "branch=main&commit_message=Two&actions[][action]=create&actions[][file_path]=x&actions[][content]=1"
        "&actions[][action]=create&actions[][file_path]=y&actions[][content]="
    )
    answer = api(cast.developer).post(f"{code}/commits", form.encode(), content_type=FORM)
    assert answer.status_code == 201, answer.content
    assert names(api(cast.developer).get(f"{code}/tree"), "path") == ["a", "x", "y"]
