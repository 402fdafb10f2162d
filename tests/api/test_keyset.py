"""Long lists by keyset: every row once, whatever comes in between; and lists that have no such order."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from projects.models import Project
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast


def read_on(client: Any, address: str) -> list[list[Any]]:
    """The ids of each page, by following Link."""
    pages, following = [], f"/api/v4{address}"
    while following:
        answer = client.get(following)
        assert answer.status_code == 200, answer.content
        assert "X-Total" not in answer
        pages.append([row["id"] for row in answer.json()])
        found = re.search(r'<http://testserver([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        following = found[1] if found else ""
    return pages


@pytest.mark.parametrize(
    "address",
    [
        "/projects?order_by=id&sort=asc",
        "/projects?order_by=id&sort=desc",
        "/projects?order_by=name&sort=asc",
        "/projects?",
        "/groups?",
        "/users?",
        "/users?order_by=name&sort=desc",
        "/projects/{library}/jobs?",
        "/projects/{library}/pipelines?",
        "/groups/{acme}/projects?",
    ],
)
def test_every_row_comes_once_in_the_order_of_the_list(api: Any, cast: Cast, address: str) -> None:
    for number in range(3):
        projects.group(f"g{number}", by=cast.owner)
        projects.project(f"p{number}", group=cast.acme, by=cast.owner)
        jobs.job(cast.library, cast.developer)
    Project.objects.filter(path__startswith="p").update(name="Same")
    address = address.format(library=cast.library.pk, acme=cast.acme.pk)
    client = api(cast.admin)
    whole = [row["id"] for row in client.get(f"{address}&per_page=100").json()]
    pages = read_on(client, f"{address}&pagination=keyset&per_page=2")
    assert [row for page in pages for row in page] == whole
    assert all(len(page) == 2 for page in pages[:-1])


def test_rows_that_come_meanwhile_move_nothing(api: Any, cast: Cast) -> None:
    client = api(cast.admin)
    for _ in range(3):
        jobs.job(cast.library, cast.developer)
    address = f"/projects/{cast.library.pk}/jobs?pagination=keyset&per_page=2"
    first = client.get(address)
    jobs.job(cast.library, cast.developer)
    following = re.search("<([^>]+)>", first.headers["Link"])
    assert following is not None
    known = {row["id"] for row in first.json()}
    assert not known & {row["id"] for row in client.get(following[1]).json()}


@pytest.mark.once
def test_what_cannot_be_read_on_is_said(api: Any, cast: Cast) -> None:
    client = api(cast.admin)
    not_yet = {"error": "Keyset pagination is not yet available for this type of request"}
    for address in (f"/projects/{cast.library.pk}/repository/branches", f"/projects/{cast.library.pk}/resource_groups"):
        answer = client.get(f"{address}?pagination=keyset")
        assert (answer.status_code, answer.json()) == (405, not_yet)
    for cursor in ("x", "W10=", "bnVsbA==", "W1siaWQiXSxbIlx1MDAwMCJdXQ==", "é"):
        answer = client.get(f"/projects?pagination=keyset&cursor={cursor}")
        assert (answer.status_code, answer.json()) == (400, {"error": "cursor is invalid"})
    assert client.get("/projects?pagination=some").json() == {"error": "pagination does not have a valid value"}
    far = client.get("/projects?page=1000&per_page=100")
    assert far.status_code == 405
    assert "maximum allowed offset of 50000 for requests that return objects of type Project" in far.json()["error"]
    assert client.get("/projects?page=500&per_page=100").json() == []


@pytest.mark.once
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-01-01T00:00:00"])
def test_a_cursor_with_a_moment_that_is_none_is_refused(api: Any, cast: Cast, moment: str) -> None:
    words = [["-last_activity_at", "-id"], [moment, cast.library.pk]]
    cursor = base64.urlsafe_b64encode(json.dumps(words).encode()).decode()
    order = "order_by=last_activity_at&sort=desc"
    answer = api(cast.owner).get(f"/projects?pagination=keyset&{order}&cursor={cursor}")
    assert (answer.status_code, answer.json()) == (400, {"error": "cursor is invalid"})


@pytest.mark.once
def test_a_cursor_shows_nothing_that_is_hidden(api: Any, cast: Cast) -> None:
    secret = projects.project("secret", group=projects.group("elsewhere", by=cast.owner), by=cast.owner)
    newcomer = people.person("newcomer")
    for order in ("asc", "desc"):
        pages = read_on(api(newcomer), f"/projects?pagination=keyset&order_by=id&sort={order}&per_page=1")
        assert secret.pk not in {row for page in pages for row in page}


@pytest.mark.parametrize("name", ["page", "per_page"])
def test_a_page_that_is_no_number_is_refused_by_name(api: Any, cast: Cast, name: str) -> None:
    for text in ("x", "-1", "1.5", "9" * 30):
        answer = api(cast.developer).get(f"/projects?{name}={text}")
        assert (answer.status_code, answer.json()) == (400, {"error": f"{name} is invalid"})
    assert api(cast.developer).get(f"/projects?{name}=").status_code == 200
