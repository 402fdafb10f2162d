"""Projects and groups that move: their new paths, their old ones, and what people may do there."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from projects import services
from projects.models import FormerPath, Group, Project
from projects.roles.roles import role_of
from projects.services import importing
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.projects.test_reconcile import NOTHING_WRONG, reconcile
from tokenaccess.policy.levels import Role, Visibility


@pytest.fixture
def corp(cast: Cast) -> Group:
    return projects.group("corp", by=cast.owner, visibility=Visibility.PUBLIC)


def test_a_project_is_transferred_and_found_by_its_old_path(cast: Cast, api: Any, corp: Group, client: Client):
    projects.commit(cast.library, {"README": "x"})
    moved = api(cast.owner).put(f"/projects/{cast.library.pk}/transfer", {"namespace": "corp"})
    assert moved.json()["path_with_namespace"] == "corp/library"
    seen = api(cast.guest).get(
        "/projects/ACME%2Flibrary/members?per_page=2", REQUEST_URI="/api/v4/projects/ACME%2Flibrary/members?per_page=2"
    )
    assert (seen.status_code, seen["Location"]) == (
        302, f"http://testserver/api/v4/projects/{cast.library.pk}/members?per_page=2",
    )  # fmt: skip
    changed = api(cast.owner).put("/projects/acme%2Flibrary", {"description": "moved"})
    assert changed.json()["path_with_namespace"] == "corp/library"
    client.force_login(cast.guest)
    page = client.get("/acme/library/-/pipelines?scope=all")
    assert (page.status_code, page["Location"]) == (301, "/corp/library/-/pipelines?scope=all")
    assert client.get("/acme/library")["Location"] == "/corp/library"
    assert reconcile("--check").startswith(NOTHING_WRONG)


@pytest.mark.parametrize(("role", "status"), [(Role.DEVELOPER, 403), (Role.MAINTAINER, 200)])
def test_a_project_with_maintainers_of_its_own_comes_in_by_those_of_the_group(
    cast: Cast, api: Any, corp: Group, role: Role, status: int
):
    projects.member(cast.outsider, corp, role)
    own = api(cast.outsider).post("/projects", {"name": "own"}).json()["id"]
    answer = api(cast.outsider).put(f"/projects/{own}/transfer", {"namespace": "corp"})
    assert answer.status_code == status


def test_an_old_path_tells_a_stranger_nothing(cast: Cast, api: Any, corp: Group, client: Client):
    services.move_project(cast.library, by=cast.owner, group=corp)
    for name in ("acme%2Flibrary", "acme%2Fnothing"):
        answer = api(cast.outsider).get(f"/projects/{name}")
        assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})
    client.force_login(cast.outsider)
    assert client.get("/acme/library").status_code == client.get("/acme/nothing").status_code == 404


def test_git_is_served_under_the_old_path(cast: Cast, api: Any, corp: Group):
    projects.commit(cast.library, {"README": "x"})
    services.move_project(cast.library, by=cast.owner, path="renamed")
    asked = "http://testserver/acme/library.git/info/refs?service=git-upload-pack"
    proof = b64encode(f"x:{token_for(cast.developer)}".encode()).decode()
    assert api().get(asked, headers={"Authorization": f"Basic {proof}"}).status_code == 200
    assert api().get(asked).status_code == 401


def test_a_new_project_takes_the_old_path(cast: Cast, api: Any, corp: Group):
    services.move_project(cast.library, by=cast.owner, group=corp)
    made = projects.project("library", group=cast.acme, by=cast.owner)
    assert api(cast.owner).get("/projects/acme%2Flibrary").json()["id"] == made.pk
    assert api(cast.guest).get("/projects/acme%2Flibrary").status_code == 404
    assert not FormerPath.objects.exists()


def test_who_may_not_move_a_project_moves_none(cast: Cast, api: Any, corp: Group):
    where = f"/projects/{cast.library.pk}"
    assert api(cast.maintainer).put(f"{where}/transfer", {"namespace": "corp"}).status_code == 403
    assert api(cast.maintainer).put(where, {"path": "other"}).status_code == 403
    projects.group("far", visibility=Visibility.PUBLIC)
    hidden = projects.group("hidden", visibility=Visibility.PRIVATE)
    assert api(cast.owner).put(f"{where}/transfer", {"namespace": "far"}).status_code == 403
    for name in (hidden.pk, "hidden", "nothing"):
        assert api(cast.owner).put(f"{where}/transfer", {"namespace": name}).json() == {
            "message": "404 Group Not Found"
        }
    assert Project.objects.get(pk=cast.library.pk).full_path == "acme/library"


def test_a_transfer_goes_to_no_taken_path_and_no_narrower_group(cast: Cast, api: Any, corp: Group):
    projects.project("library", group=corp, by=cast.owner)
    taken = api(cast.owner).put(f"/projects/{cast.library.pk}/transfer", {"namespace": corp.pk})
    assert (taken.status_code, taken.json()) == (400, {"message": {"path": ["has already been taken"]}})
    services.update_project(cast.app, by=cast.owner, visibility=Visibility.PUBLIC)
    closed = projects.group("closed", by=cast.owner, visibility=Visibility.PRIVATE)
    assert api(cast.owner).put(f"/projects/{cast.app.pk}/transfer", {"namespace": closed.pk}).status_code == 400


def test_a_group_is_renamed_and_transferred_with_all_below(cast: Cast, api: Any, corp: Group):
    below = projects.group("below", parent=cast.acme, by=cast.owner)
    deep = projects.project("deep", group=below, by=cast.owner)
    projects.member(cast.outsider, corp, Role.DEVELOPER)
    renamed = api(cast.owner).put(f"/groups/{cast.acme.pk}", {"path": "acme2"})
    assert renamed.json()["full_path"] == "acme2"
    moved = api(cast.owner).post(f"/groups/{cast.acme.pk}/transfer", {"group_id": corp.pk})
    assert moved.json()["full_path"] == "corp/acme2"
    deep.refresh_from_db()
    assert deep.full_path == "corp/acme2/below/deep"
    assert role_of(cast.outsider, deep) is Role.DEVELOPER
    led = api(cast.outsider).get("/projects/acme%2Fbelow%2Fdeep")
    assert led.status_code == 302
    assert api(cast.owner).post(f"/groups/{corp.pk}/transfer", {"group_id": below.pk}).status_code == 400
    top = api(cast.owner).post(f"/groups/{below.pk}/transfer")
    assert (top.json()["full_path"], top.json()["parent_id"]) == ("below", None)
    assert role_of(cast.outsider, deep) is Role.NONE
    assert reconcile("--check").startswith(NOTHING_WRONG)


def test_a_group_of_subgroups_only_keeps_an_owner_at_the_top(cast: Cast, api: Any):
    below = projects.group("below", parent=cast.acme, by=cast.owner)
    assert not below.memberships.exists()
    api(cast.owner).post(f"/groups/{below.pk}/transfer")
    assert role_of(cast.owner, Group.objects.get(pk=below.pk)) is Role.OWNER


def test_a_fork_has_the_code_and_nothing_else_of_its_origin(cast: Cast, api: Any):
    sha = projects.commit(cast.library, {"README": "x"})
    made = api(cast.reporter).post(f"/projects/{cast.library.pk}/fork", {"path": "mine"})
    assert made.status_code == 201
    fork = made.json()
    assert fork["path_with_namespace"] == "reporter/mine"
    assert fork["forked_from_project"]["id"] == cast.library.pk
    assert fork["visibility"] == "private"
    branches = api(cast.reporter).get(f"/projects/{fork['id']}/repository/branches").json()
    assert branches[0]["commit"]["id"] == sha
    assert role_of(cast.maintainer, Project.objects.get(pk=fork["id"])) is Role.NONE
    assert [row["id"] for row in api(cast.reporter).get(f"/projects/{cast.library.pk}/forks").json()] == [fork["id"]]
    assert api(cast.maintainer).get(f"/projects/{cast.library.pk}/forks").json() == []
    assert api(cast.guest).post(f"/projects/{cast.library.pk}/fork").status_code == 403
    assert api(cast.outsider).post(f"/projects/{cast.library.pk}/fork").status_code == 404
    assert api(cast.reporter).post(f"/projects/{cast.library.pk}/fork", {"namespace": "acme"}).status_code == 403
    assert api(cast.reporter).delete(f"/projects/{fork['id']}/fork").status_code == 204
    assert "forked_from_project" not in api(cast.reporter).get(f"/projects/{fork['id']}").json()
    assert api(cast.reporter).delete(f"/projects/{fork['id']}/fork").status_code == 304
    assert Project.objects.get(pk=fork["id"]).fork_origin == cast.library.pk


def test_a_copy_that_takes_too_long_or_fails_leaves_nothing(
    cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
):
    projects.commit(cast.library, {"README": "x"})
    monkeypatch.setattr(importing, "MAX_SECONDS", 0)
    answer = api(cast.reporter).post(f"/projects/{cast.library.pk}/fork", {"path": "mine"})
    assert (answer.status_code, "could not be copied in time" in answer.content.decode()) == (400, True)
    assert not Project.objects.filter(path="mine").exists()
    assert list((settings.REPOSITORIES_DIR / "copies").iterdir()) == []
    taken = api(cast.reporter).post(f"/projects/{cast.library.pk}/fork", {"path": "a b"})
    assert taken.status_code == 400


def test_a_fork_keeps_from_strangers_what_its_origin_does(cast: Cast, api: Any):
    services.update_project(cast.library, by=cast.owner, visibility=20, repository_access_level=10)
    fork = api(cast.reporter).post(f"/projects/{cast.library.pk}/fork", {"path": "mine"}).json()
    assert (fork["visibility"], fork["repository_access_level"]) == ("public", "private")
    assert api(cast.outsider).get(f"/projects/{fork['id']}/repository/tree").status_code == 403


def test_a_group_gets_no_path_that_is_too_long_for_what_lies_below(cast: Cast, api: Any):
    top = inner = projects.group("top", by=cast.owner)
    while len(inner.full_path) < 900:
        inner = projects.group("a" * 100, parent=inner, by=cast.owner)
    answer = api(cast.owner).put(f"/groups/{top.pk}", {"path": "b" * 200})
    assert (answer.status_code, "too long" in answer.content.decode()) == (400, True)
    inner.refresh_from_db()
    assert inner.full_path.startswith("top/")
