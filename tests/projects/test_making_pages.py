"""The pages that make and change projects and groups."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.models import Group, Project
from projects.repository import Repository
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tokenaccess.policy import features
from tokenaccess.policy.levels import Role


@pytest.fixture
def browser(client: Client) -> Any:
    def of(user: Any) -> Client:
        client.force_login(user)
        return client

    return of


def _text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_visitor_signs_in_first(db: None, client: Client) -> None:
    for path in ("/projects/new", "/groups/new"):
        assert client.get(path)["Location"].startswith("/users/sign_in")


def test_a_project_is_made_in_ones_own_namespace(cast: Cast, browser: Any) -> None:
    asked = {"name": "My Tool", "group": "", "visibility": 0, "with_readme": "on"}
    answer = browser(cast.developer).post("/projects/new", asked)
    assert (answer.status_code, answer["Location"]) == (302, "/developer/my-tool")
    made = Project.objects.get(full_path="developer/my-tool")
    assert Repository(made.repository_path).blob("main", "README.md") == b"# My Tool\n"


def test_the_group_is_one_in_which_one_may_make_projects(cast: Cast, browser: Any) -> None:
    other = projects.group("other")
    developer = browser(cast.developer)
    assert list(developer.get("/projects/new").context["form"].fields["group"].queryset) == []
    answer = developer.post("/projects/new", {"name": "x", "group": other.pk, "visibility": 0})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, ["group"])
    projects.member(cast.developer, cast.acme, Role.DEVELOPER)
    page = developer.get("/projects/new?in=acme")
    assert page.context["form"].initial["group"] == cast.acme
    answer = developer.post("/projects/new", {"name": "x", "group": cast.acme.pk, "visibility": 0})
    assert answer["Location"] == "/acme/x"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"path": "library"}, "path"),
        ({"path": "a b"}, "path"),
        ({"path": "tree"}, "path"),
        ({"visibility": 7}, "visibility"),
        ({"name": "a\0b"}, "name"),
        ({"group": "9" * 40}, "group"),
        ({"name": "日本"}, "path"),
    ],
)
def test_what_is_wrong_with_a_project_is_shown_at_its_field(
    cast: Cast, browser: Any, change: dict[str, Any], field: str
) -> None:
    asked = {"name": "n", "path": "", "group": cast.acme.pk, "visibility": 0}
    if change.get("name") == "日本":
        asked.pop("path")
    answer = browser(cast.owner).post("/projects/new", {**asked, **change})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Project.objects.count() == 2


def test_a_group_is_made_below_another(cast: Cast, browser: Any) -> None:
    owner = browser(cast.owner)
    answer = owner.post("/groups/new", {"name": "Back End", "parent": cast.acme.pk, "visibility": 10})
    assert answer["Location"] == "/acme/back-end"
    assert Group.objects.get(full_path="acme/back-end").parent == cast.acme
    assert owner.get("/groups/acme/back-end")["Location"] == "/acme/back-end"
    answer = owner.post("/groups/new", {"name": "acme", "visibility": 20})
    assert answer.context["form"].errors["path"] == ["Has already been taken"]
    assert browser(cast.maintainer).get("/groups/new").context["form"].fields["parent"].queryset.count() == 0


SETTINGS = {
    "name": "library", "description": "", "visibility": 0, "default_branch": "main",
    **dict.fromkeys(features.columns(), 20), "ci_config_path": "", "build_timeout": 3600, "git_depth": 20,
    "public_jobs": "on", "shared_runners_enabled": "on", "pipeline_variables_level": 30,
    "id_token_subject": "project_path,ref_type,ref",
}  # fmt: skip


def test_a_maintainer_changes_the_settings(cast: Cast, browser: Any) -> None:
    address = "/acme/library/-/settings/general"
    assert browser(cast.developer).get(address).status_code == 403
    maintainer = browser(cast.maintainer)
    page = _text(maintainer.get(address))
    assert "Delete project" not in page
    answer = maintainer.post(address, {**SETTINGS, "name": "Books", "visibility": 20, "git_depth": 5}, follow=True)
    assert "Settings saved." in _text(answer)
    cast.library.refresh_from_db()
    assert (cast.library.name, cast.library.visibility, cast.library.git_depth) == ("Books", 20, 5)
    assert cast.library.public_jobs


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"build_timeout": 5}, "build_timeout"),
        ({"git_depth": 5000}, "git_depth"),
        ({"git_depth": "9" * 30}, "git_depth"),
        ({"default_branch": "a..b"}, "default_branch"),
        ({"name": " "}, "name"),
        ({"visibility": 5}, "visibility"),
    ],
)
def test_what_is_wrong_with_the_settings_is_shown_at_its_field(
    cast: Cast, browser: Any, change: dict[str, Any], field: str
) -> None:
    answer = browser(cast.maintainer).post("/acme/library/-/settings/general", {**SETTINGS, **change})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors


def test_an_owner_archives_and_takes_it_back(cast: Cast, browser: Any) -> None:
    address = "/acme/library/-/settings/archive"
    assert browser(cast.maintainer).post(address, {"archived": "true"}).status_code == 403
    browser(cast.owner).post(address, {"archived": "true"})
    cast.library.refresh_from_db()
    assert cast.library.archived
    browser(cast.owner).post(address, {"archived": "false"})
    cast.library.refresh_from_db()
    assert not cast.library.archived


def test_deleting_is_asked_with_the_effects_and_then_done(cast: Cast, browser: Any) -> None:
    address = "/acme/library/-/settings/delete"
    jobs.pipeline(cast.library, cast.developer)
    assert browser(cast.maintainer).post(address).status_code == 403
    page = _text(browser(cast.owner).get(address))
    assert "Delete acme/library?" in page
    assert "pipeline is deleted.</strong> Its jobs and logs too." in page
    assert "5</dt><dd><strong>users have a role here." in page
    jobs.pipeline(cast.library, cast.developer)
    assert "pipelines are deleted.</strong> Their jobs and logs too." in _text(browser(cast.owner).get(address))
    assert Project.objects.filter(pk=cast.library.pk).exists()
    assert browser(cast.owner).post(address)["Location"] == "/"
    assert not Project.objects.filter(pk=cast.library.pk).exists()


def test_the_group_page_leads_to_what_one_may_make_there(cast: Cast, browser: Any) -> None:
    page = browser(cast.owner).get("/acme").content.decode()
    assert "/projects/new?in=acme" in page
    assert "/groups/new?in=acme" in page
    assert "/projects/new?in=acme" not in browser(cast.guest).get("/acme").content.decode()
