"""Dashboard, lists and search: everyone finds what they may see, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.models import TokenAccessSettings
from tokenaccess.policy.levels import InboundMode, Visibility


def paths(answer: Any) -> list[str]:
    return [project.full_path for project in answer.context["page"]]


def test_the_dashboard_shows_your_projects_and_no_others(cast: Cast, browser: Any) -> None:
    projects.project("open", group=cast.acme, by=cast.owner, visibility=Visibility.PUBLIC)
    assert sorted(paths(browser(cast.developer).get("/"))) == ["acme/app", "acme/library"]
    assert paths(browser(cast.outsider).get("/")) == []


def test_the_dashboard_leads_a_visitor_to_the_public_projects(cast: Cast, browser: Any) -> None:
    answer = browser().get("/")
    assert (answer.status_code, answer["Location"]) == (302, "/explore/projects")


def test_a_maintainer_sees_the_state_of_token_access_beside_each_project(cast: Cast, browser: Any) -> None:
    TokenAccessSettings.objects.update_or_create(project=cast.app, defaults={"inbound_mode": InboundMode.OPEN})
    page = browser(cast.maintainer).get("/").content.decode()
    assert "Enforced" in page
    assert "Open" in page


def test_a_developer_does_not_see_the_state_of_token_access(cast: Cast, browser: Any) -> None:
    assert browser(cast.developer).get("/").context["access"] == {}


def test_the_list_shows_a_visitor_public_projects_only(cast: Cast, browser: Any) -> None:
    for name, visibility in (("open", Visibility.PUBLIC), ("inside", Visibility.INTERNAL)):
        projects.project(name, group=cast.acme, by=cast.owner, visibility=visibility)
    assert paths(browser().get("/explore/projects")) == ["acme/open"]
    assert sorted(paths(browser(cast.outsider).get("/explore/projects"))) == ["acme/inside", "acme/open"]


def test_the_list_finds_by_part_of_a_path(cast: Cast, browser: Any) -> None:
    assert paths(browser(cast.guest).get("/explore/projects?q=LIBR")) == ["acme/library"]


def test_the_list_says_when_nothing_fits_and_escapes_what_was_typed(cast: Cast, browser: Any) -> None:
    page = browser(cast.guest).get("/explore/projects", {"q": "<b>nowhere</b>"}).content.decode()
    assert "&lt;b&gt;nowhere&lt;/b&gt;" in page
    assert "<b>nowhere" not in page


def test_the_pages_keep_the_search(cast: Cast, browser: Any) -> None:
    for number in range(21):
        projects.project(f"many-{number}", group=cast.acme, by=cast.owner)
    page = browser(cast.owner).get("/explore/projects?q=many&sort=path").content.decode()
    assert "1 to 20 of 21" in page
    assert "?q=many&amp;sort=path&amp;page=2" in page


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=" + "9" * 5000, "q=%00", "q=" + "a" * 9000])
def test_odd_questions_get_an_ordinary_page(cast: Cast, browser: Any, query: str) -> None:
    for address in ("/", "/explore/projects", "/explore/groups", "/search", "/acme"):
        assert browser(cast.guest).get(f"{address}?{query}").status_code == 200


@pytest.mark.parametrize(
    ("address", "choices"),
    [
        ("/explore/projects?sort=evil", "sort does not have a valid value: active, path, new"),
        ("/acme/app/-/jobs?status=fialed", "status does not have a valid value: "),
        ("/acme/app/-/pipelines?status=%00", "status does not have a valid value: "),
        ("/acme/app/-/environments?state=gone", "state does not have a valid value: available, stopped"),
        ("/acme/app/-/branches?kind=notes", "kind does not have a valid value: branches, tags"),
        ("/acme/app/-/packages?by=nobody", "by does not have a valid value: job, person"),
        ("/acme/app/-/packages?sort=age", "sort does not have a valid value: newest, name, largest"),
    ],
)
def test_a_word_that_is_none_of_a_filter_is_named(cast: Cast, browser: Any, address: str, choices: str) -> None:
    answer = browser(cast.developer).get(address)
    assert answer.status_code == 400
    assert choices in answer.content.decode()


def test_the_group_list_leaves_out_peoples_own_namespaces(cast: Cast, browser: Any) -> None:
    found = [group.full_path for group in browser(cast.owner).get("/explore/groups").context["page"]]
    assert found == ["acme"]


@pytest.mark.parametrize(
    ("typed", "goal"), [("acme/library", "/acme/library"), ("ACME/Library/", "/acme/library"), ("acme", "/acme")]
)
def test_a_whole_path_leads_there_at_once(cast: Cast, browser: Any, typed: str, goal: str) -> None:
    answer = browser(cast.guest).get("/search", {"q": typed})
    assert (answer.status_code, answer["Location"]) == (302, goal)


def test_search_does_not_tell_of_a_hidden_project(cast: Cast, browser: Any) -> None:
    for path in ("acme/library", "acme/nothing"):
        answer = browser(cast.outsider).get("/search", {"q": path})
        assert answer.status_code == 200
        assert paths(answer) == []
