"""The pages of releases and their feed, as people with a browser see them."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from resources.releases import responses
from resources.releases.models import Release
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.browsing import browser, page

LIST = "/acme/library/-/releases"
ATOM = "{http://www.w3.org/2005/Atom}"
LINK = {"name": "tool", "url": "https://files.example.org/tool", "direct_asset_path": "/bin/tool"}


@pytest.fixture
def two_releases(cast: Cast, api: Any) -> None:
    """ "First", v1, of a job, and "Later", v2, which is yet to come."""
    projects.commit(cast.library, {"README.md": "hello"})
    job = api(job=cast.job_token(cast.library))
    address = f"/projects/{cast.library.pk}/releases"
    first = {"tag_name": "v1", "name": "First", "description": "**New** [here](a.txt) <script>", "ref": "main"}
    assert job.post(address, {**first, "assets": {"links": [LINK]}}).status_code == 201
    later = {"tag_name": "v2", "name": "Later", "ref": "main", "released_at": "2999-01-01"}
    assert job.post(address, later).status_code == 201


def test_the_list_shows_what_was_released(cast: Cast, two_releases: None):
    words = page(browser(cast.reporter), LIST)
    assert f'href="{LIST}/v1">First</a>' in words
    assert "Upcoming" in words
    assert ">v1<" in words
    assert "First" not in page(browser(cast.reporter), f"{LIST}?q=v2")
    assert "No matching releases." in page(browser(cast.reporter), f"{LIST}?q=absent")


def test_a_project_without_releases_says_how_they_come(cast: Cast):
    assert "release-cli" in page(browser(cast.developer), LIST)
    assert "release-cli" not in page(browser(cast.guest), LIST)


def test_a_release_shows_its_notes_assets_and_origin(cast: Cast, two_releases: None):
    words = page(browser(cast.developer), f"{LIST}/v1")
    assert "<title>Release First: acme/library" in words
    assert "<strong>New</strong>" in words
    assert 'href="/acme/library/-/blob/v1/a.txt"' in words
    assert "&lt;script&gt;" in words
    assert f'href="{LINK["url"]}"' in words
    assert "/acme/library/-/archive/v1/library-v1.tar.gz" in words
    assert f"/acme/library/-/jobs/{Release.objects.get(tag='v1').job_id}" in words
    assert "/-/commit/" in words
    assert browser(cast.developer).get(f"{LIST}/absent").status_code == 404


def test_a_guest_sees_notes_and_assets_and_nothing_of_the_code(cast: Cast, two_releases: None):
    words = page(browser(cast.guest), f"{LIST}/v1")
    assert "<strong>New</strong>" in words
    assert LINK["url"] in words
    assert "/-/commit/" not in words
    assert "/-/archive/" not in words
    assert ">v1<" not in page(browser(cast.guest), LIST)
    assert "First" not in page(browser(cast.guest), f"{LIST}?q=v1")


@pytest.mark.parametrize("path", ["a%00b", "a%00b/downloads/bin/tool", "v1/downloads/a%00b", "a%00b/~links/new"])
def test_a_tag_with_nul_leads_nowhere(cast: Cast, two_releases: None, path: str):
    assert browser(cast.maintainer).get(f"{LIST}/{path}").status_code == 404


@pytest.mark.parametrize("path", [LIST, f"{LIST}/v1", f"{LIST}.atom", f"{LIST}/permalink/latest"])
def test_strangers_see_nothing(cast: Cast, two_releases: None, path: str):
    assert browser(cast.outsider).get(path).status_code == 404
    assert browser().get(path).status_code == 302


def test_the_latest_is_found_at_an_address_that_stays(cast: Cast, two_releases: None):
    client = browser(cast.guest)
    assert client.get(f"{LIST}/permalink/latest")["Location"] == f"{LIST}/v1"
    assert client.get(f"{LIST}/permalink/latest/downloads/bin/tool")["Location"] == f"{LIST}/v1/downloads/bin/tool"
    assert client.get(f"{LIST}/permalink/latest/nonsense").status_code == 404
    assert client.get("/acme/app/-/releases/permalink/latest").status_code == 404


def entries(client: Client) -> list[dict[str, str]]:
    answer = client.get(f"{LIST}.atom")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/atom+xml; charset=utf-8")
    assert answer["Cache-Control"] == "private, no-cache"
    found = ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")
    return [{part.tag.removeprefix(ATOM): part.text or part.get("href") or "" for part in one} for one in found]


def test_the_feed_tells_of_what_was_released(cast: Cast, two_releases: None):
    (entry,) = entries(browser(cast.reporter))
    assert entry["title"] == "First (v1)"
    assert entry["link"] == f"http://testserver{LIST}/v1"
    assert "<strong>New</strong>" in entry["summary"]
    assert 'href="http://testserver/acme/library/-/blob/v1/a.txt"' in entry["summary"]
    assert [one["title"] for one in entries(browser(cast.guest))] == ["First"]


def test_no_release_breaks_the_feed(cast: Cast, two_releases: None, api: Any):
    changed = {"name": "Bell \a", "description": "\x1b[1m ]]> <b>"}
    assert api(cast.developer).put(f"/projects/{cast.library.pk}/releases/v1", changed).status_code == 400
    Release.objects.update(**changed)  # stored before such characters were refused
    assert entries(browser(cast.reporter))[0]["title"] == "Bell \ufffd (v1)"


def test_notes_that_take_too_long_stay_text(cast: Cast, two_releases: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(responses, "MAX_SECONDS", -1.0)
    assert "<pre>**New**" in page(browser(cast.guest), f"{LIST}/v1")
