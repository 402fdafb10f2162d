"""`/<full path>`: the overview of a project, and of a group."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility

CLONE = "http://127.0.0.1:8000/acme/<wbr>library.git"


def page(browser: Any, user: Any, address: str = "/acme/library") -> str:
    answer = browser(user).get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_maintainer_sees_everything_about_the_project(cast: Cast, browser: Any, settings: Any) -> None:
    settings.EXTERNAL_URL = "http://127.0.0.1:8000"
    projects.commit(cast.library, {"README.md": "# Hello <script>alert(1)</script>"})
    run = jobs.pipeline(cast.library, cast.developer)
    shown = page(browser, cast.maintainer)
    for words in ("acme/<wbr>library", "Private", "Enforced", "Maintainer", "README.md", f"#{run.pk}", "Running"):
        assert words in shown, words
    assert CLONE.replace("/acme", "/<wbr>acme") in shown
    assert "gitlab-ci-token:$CI_JOB_TOKEN@127.0.0.1:8000" in shown
    assert "&lt;script&gt;alert(1)" in shown


def test_a_guest_of_a_private_project_sees_neither_its_code_nor_its_rules(cast: Cast, browser: Any) -> None:
    projects.commit(cast.library, {"README.md": "the plan"})
    shown = page(browser, cast.guest)
    assert "the plan" not in shown
    assert "library.git" not in shown
    assert "May come in" not in shown


def test_an_empty_repository_shows_how_to_fill_it(cast: Cast, browser: Any) -> None:
    assert "git push" in page(browser, cast.developer)
    assert "git push" not in page(browser, cast.reporter)


def test_a_feature_that_is_off_has_no_panel(cast: Cast, browser: Any) -> None:
    cast.library.builds_access_level = FeatureLevel.DISABLED
    cast.library.save()
    assert "Latest pipelines" not in page(browser, cast.maintainer)


def test_the_role_names_the_group_it_comes_from(cast: Cast, browser: Any) -> None:
    projects.member(cast.outsider, cast.acme, Role.REPORTER)
    shown = page(browser, cast.outsider)
    assert "Reporter, inherited from" in shown


@pytest.mark.parametrize("path", ["/ACME/Library", "/acme/library"])
def test_a_path_is_found_whatever_its_case(cast: Cast, browser: Any, path: str) -> None:
    assert browser(cast.guest).get(path).status_code == 200


def test_a_group_lists_the_subgroups_and_projects_one_may_see(cast: Cast, browser: Any) -> None:
    sub = projects.group("sub", parent=cast.acme, by=cast.owner)
    projects.group("secret", parent=cast.acme, by=cast.owner, visibility=Visibility.PRIVATE)
    projects.project("open", group=sub, by=cast.owner, visibility=Visibility.PUBLIC)
    answer = browser(cast.outsider).get("/acme")
    assert [group.path for group in answer.context["subgroups"]] == ["sub"]
    assert [project.full_path for project in answer.context["page"]] == ["acme/sub/open"]


def test_a_hidden_group_is_not_found(cast: Cast, browser: Any) -> None:
    projects.group("vault", by=cast.owner, visibility=Visibility.PRIVATE)
    assert browser(cast.outsider).get("/vault").status_code == 404
    assert browser(cast.owner).get("/vault").status_code == 200


def test_the_breadcrumbs_do_not_link_a_group_one_may_not_see(cast: Cast, browser: Any) -> None:
    vault = projects.group("vault", by=cast.owner, visibility=Visibility.PRIVATE)
    shared = projects.project("shared", group=vault, by=cast.owner)
    projects.member(cast.outsider, shared, Role.GUEST)
    assert '<a href="/vault">' not in page(browser, cast.outsider, "/vault/shared")
    assert '<a href="/vault">' in page(browser, cast.owner, "/vault/shared")


def test_no_page_writes_by_post(cast: Cast, browser: Any) -> None:
    assert browser(cast.owner).post("/acme/library").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/acme//library",
        "/-/nothing",
        "/-/nothing/",
        "/api/v5/",
        "/assets/x/",
        "/acme/%00",
        "/acme/..",
        "/" + "a/" * 600 + "a",
    ],
)
def test_an_odd_address_is_not_found(cast: Cast, browser: Any, path: str) -> None:
    assert browser(cast.owner).get(path).status_code == 404


def test_the_overview_asks_few_questions(cast: Cast, browser: Any, django_assert_max_num_queries: Any) -> None:
    client = browser(cast.maintainer)
    client.get("/acme/library")
    with django_assert_max_num_queries(30):
        client.get("/acme/library")


@pytest.mark.parametrize(
    "path", ["/acme", "/groups/acme", "/acme/library", "/acme/library/-/pipelines", "/users/sign_in", "/explore/groups"]
)
def test_a_slash_at_the_end_leads_to_the_page(cast: Cast, browser: Any, path: str) -> None:
    for slashes in ("/", "//"):
        answer = browser(cast.owner).get(f"{path}{slashes}?q=a%26b")
        assert (answer.status_code, answer["Location"]) == (302, f"{path}?q=a%26b")
    assert browser(cast.owner).get(path).status_code in {200, 302}


@pytest.mark.parametrize("path", ["/acme/library.git", "/acme/nothing.git", "/acme/library.git/"])
def test_what_git_clones_leads_to_the_project_whether_there_is_one_or_not(db: None, client: Any, path: str) -> None:
    name = path.partition(".git")[0]
    answer = client.get(path, follow=True)
    assert (name, 302) in answer.redirect_chain
    assert answer.redirect_chain[-1] == (f"/users/sign_in?next={name}", 302)


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "///evil.example//", "/\t/evil.example/"])
def test_no_slash_leads_to_another_site(db: None, client: Any, path: str) -> None:
    answer = client.get("/", PATH_INFO=path)
    assert answer.status_code == 404 or answer["Location"] == "/evil.example"


def test_the_administration_is_found_without_its_slash(cast: Cast, browser: Any) -> None:
    assert browser(cast.admin).get("/admin")["Location"] == "/admin/"
