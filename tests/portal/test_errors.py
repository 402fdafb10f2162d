"""What stands on the page, or in the answer, when something is wrong."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client, RequestFactory

from portal import errors, views
from tests.factories.cast import Cast
from tokenaccess.adapters.endpoints import endpoints

PLACES = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
NAMES = {"project_path": "acme/library", "group_path": "acme", "project": "acme%2Flibrary"}


def test_hidden_and_absent_look_the_same(cast: Cast, browser: Any) -> None:
    hidden = browser(cast.outsider).get("/acme/library")
    absent = browser(cast.outsider).get("/acme/nothing")
    assert hidden.status_code == absent.status_code == 404
    same = [page.content.decode().replace("library", "nothing") for page in (hidden, absent)]
    assert strip_csrf(same[0]) == strip_csrf(same[1])


def test_a_refusal_says_why_and_whom_to_ask(cast: Cast, browser: Any) -> None:
    page = browser(cast.developer).get("/acme/library/-/settings/ci_cd")
    assert page.status_code == 403
    assert "developer is developer there; it takes maintainer." in page.content.decode()
    assert "Ask somebody who may do it, or who can give you another role." in page.content.decode()


def test_a_page_that_is_missing_has_no_project_navigation(cast: Cast, browser: Any) -> None:
    assert "sidenav" not in browser(cast.outsider).get("/acme/library").content.decode()


@pytest.mark.django_db
def test_an_unknown_api_address_speaks_json() -> None:
    answer = Client().get("/api/v9/nothing")
    assert (answer.status_code, answer.json()) == (404, {"error": "404 Not Found"})


@pytest.mark.django_db
def test_a_page_that_breaks_says_so_without_a_detail(browser: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(views, "page_of", broken)
    client = browser()
    client.raise_request_exception = False
    answer = client.get("/explore/projects")
    assert answer.status_code == 500
    assert "Something went wrong on our side" in answer.content.decode()
    assert "secret detail" not in answer.content.decode()


def test_the_last_answer_needs_neither_database_nor_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("no templates")

    monkeypatch.setattr(errors, "render", broken)
    answer = errors.server_error(RequestFactory().get("/"))
    assert (answer.status_code, answer.content.decode()) == (500, errors.PLAIN_500)


def test_git_and_the_api_get_their_own_format_when_something_breaks() -> None:
    assert (
        errors.server_error(RequestFactory().get("/api/v4/projects")).content
        == b'{"error": "500 Internal Server Error"}'
    )
    assert errors.server_error(RequestFactory().get("/a/b.git/info/refs"))["Content-Type"].startswith("text/plain")


def strip_csrf(page: str) -> str:
    return "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


def test_every_page_says_that_it_differs_by_cookie(cast: Cast, browser: Any) -> None:
    """Its theme and what it shows depend on who looks: no cache on the way may give it to somebody else."""
    checked = 0
    for client in (browser(), browser(cast.owner)):
        for endpoint in endpoints():
            if (not endpoint.actions or "GET" in endpoint.actions) and not endpoint.route.startswith("/api/v4"):
                answer = client.get(PLACES.sub(lambda found: NAMES.get(found[1], "1"), endpoint.route))
                if answer.streaming:
                    answer.getvalue()
                elif answer.content and answer.get("Content-Type", "").startswith("text/html"):
                    checked += 1
                    assert "Cookie" in answer.get("Vary", ""), endpoint.path
    assert checked > 40
