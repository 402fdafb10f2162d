"""Releases as real clients make them: python-gitlab, and the requests of glab, release-cli and semantic-release."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gitlab
import pytest
import requests
from gitlab.exceptions import GitlabAuthenticationError, GitlabCreateError

from tests.contract.world import Place, Work, World

LINK = {"name": "tool", "url": "https://files.example.org/tool", "direct_asset_path": "/bin/tool"}


@pytest.fixture
def library(world: World) -> Iterator[Any]:
    """As its maintainer sees it, with a commit."""
    world.commit(world.library, {"README.md": "hello\n"})
    client = gitlab.Gitlab(world.live.url, private_token=world.maintainer.token, retry_transient_errors=False)
    yield client.projects.get(world.library.id)
    client.session.close()


def lazily(world: World, place: Place, work: Work) -> Any:
    """The project as a job reaches it with its token, which does not read the project itself."""
    client = gitlab.Gitlab(world.live.url, job_token=work.token, retry_transient_errors=False)
    return client.projects.get(place.id, lazy=True)


class Http:
    """A client of its own kind, that authenticates with one header."""

    def __init__(self, world: World, place: Place, header: str, token: str, agent: str) -> None:
        self.address = f"{world.live.url}/api/v4/projects/{place.path.replace('/', '%2F')}"
        self.headers = {header: token, "User-Agent": agent}

    def __call__(self, method: str, path: str, status: int, body: Any = None, **options: Any) -> Any:
        answer = requests.request(
            method, self.address + path, headers=self.headers, json=body, timeout=30, allow_redirects=False, **options
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None


# --- python-gitlab ----------------------------------------------------------------------------------------------------


def test_a_maintainer_keeps_releases_with_their_links(world: World, library: Any) -> None:
    release = library.releases.create({"tag_name": "v1", "ref": "main", "name": "One", "assets": {"links": [LINK]}})
    assert library.tags.get("v1").commit["id"] == release.commit["id"]
    release = library.releases.get("v1")
    release.description = "*Notes*"
    release.save()
    link = release.links.create({"name": "book", "url": "https://example.org/book", "link_type": "runbook"})
    link.name = "pages"
    link.save()
    assert [one.name for one in release.links.list(get_all=True)] == ["pages", "tool"]
    link.delete()
    (listed,) = library.releases.list(order_by="created_at", sort="asc", get_all=True)
    assert (listed.description, listed.assets["count"]) == ("*Notes*", 5)
    library.releases.delete("v1")
    assert library.releases.list(get_all=True) == []
    assert library.tags.get("v1").name == "v1"


def test_a_job_releases_its_own_project(world: World) -> None:
    work = world.running_job()
    made = lazily(world, world.app, work).releases.create({"tag_name": "v1", "ref": "main"})
    assert made.author["username"] == world.developer.username
    work.finish()
    with pytest.raises(GitlabAuthenticationError) as refused:
        lazily(world, world.app, work).releases.list(get_all=True)
    assert refused.value.response_code == 401


def test_another_projects_job_releases_by_allowlist(world: World, library: Any) -> None:
    there = lazily(world, world.library, world.running_job())
    with pytest.raises(GitlabCreateError) as refused:
        there.releases.create({"tag_name": "v1", "ref": "main"})
    assert (refused.value.response_code, refused.value.error_message) == (404, "404 Project Not Found")
    library.job_token_scope.get().allowlist.create({"target_project_id": world.app.id})
    there.releases.create({"tag_name": "v1", "ref": "main"})
    assert there.releases.get("v1").tag_name == "v1"


def test_a_protected_tag_is_refused_in_words(world: World, library: Any) -> None:
    library.protectedtags.create({"name": "v*", "create_access_level": 40})
    there = lazily(world, world.library, world.running_job(world.library))
    with pytest.raises(GitlabCreateError) as refused:
        there.releases.create({"tag_name": "v1", "ref": "main"})
    assert refused.value.response_code == 403
    assert refused.value.error_message == "You are not allowed to create this tag as it is protected."
    assert library.tags.list(get_all=True) == []
    there.releases.create({"tag_name": "nightly", "ref": "main"})


# --- Other clients, by their requests (resources.md §7) ---------------------------------------------------------------


def test_the_requests_of_glab_are_answered(world: World) -> None:
    job = Http(world, world.app, "JOB-TOKEN", world.running_job().token, "glab")
    job("GET", "/repository/tags/v1", 404)
    job("GET", "/releases/v1", 404)
    notes = {"name": "One", "tag_name": "v1", "description": "Notes"}
    assert job("POST", "/releases", 201, {**notes, "ref": "main"})["_links"]["self"].endswith("/-/releases/v1")
    link = {"name": "tool", "url": "https://files.example.org/tool", "direct_asset_path": "/bin/tool"}
    assert job("POST", "/releases/v1/assets/links", 201, link)["direct_asset_url"].endswith("/downloads/bin/tool")
    job("GET", "/repository/tags/v1", 200)
    job("GET", "/releases/v1", 200)
    assert job("PUT", "/releases/v1", 200, {"name": "One", "description": "More"})["description"] == "More"


def test_the_request_of_release_cli(world: World) -> None:
    job = Http(world, world.app, "JOB-TOKEN", world.running_job().token, "GitLab-release-cli/0.16.0")
    body = {
        "id": str(world.app.id),
        "name": "One",
        "description": "Notes",
        "tag_name": "v1",
        "ref": "main",
        "released_at": "2020-01-02T03:04:05Z",
        "assets": {"links": [{"name": "tool", "url": "https://files.example.org/tool", "filepath": "/bin/tool"}]},
    }
    wrong = job("POST", "/releases", 400, {**body, "id": "0"})
    assert wrong == {"error": "id is not that of the project in the address"}
    made = job("POST", "/releases", 201, body)
    assert made["released_at"] == "2020-01-02T03:04:05.000Z"
    assert made["commit_path"] == f"/{world.app.path}/-/commit/{made['commit']['id']}"
    assert made["assets"]["links"][0]["direct_asset_url"].endswith("/-/releases/v1/downloads/bin/tool")
    assert job("POST", "/releases", 409, body) == {"message": "Release already exists"}


@pytest.mark.parametrize("header", ["PRIVATE-TOKEN", "JOB-TOKEN"])
def test_the_requests_of_semantic_release(world: World, header: str) -> None:
    """It reads its rights as a person only; the tag is there, for it pushed it."""
    work = world.running_job()
    client = Http(world, world.app, header, world.developer.token if header == "PRIVATE-TOKEN" else work.token, "got")
    if header == "PRIVATE-TOKEN":
        assert client("GET", "", 200)["permissions"]["project_access"]["access_level"] == 30
    tag = {"tag_name": "v1.0.0", "ref": "main"}
    world.live.call("POST", f"/projects/{world.app.id}/repository/tags", tag, token=world.developer.token)
    client("PUT", "/packages/generic/release/1.0.0/tool.tgz?select=package_file", 200, data=b"bytes")
    url = f"{client.address}/packages/generic/release/1.0.0/tool.tgz"
    link = {"name": "tool.tgz", "url": url, "link_type": "package", "filepath": "/tool.tgz"}
    made = client(
        "POST", "/releases", 201, {"tag_name": "v1.0.0", "description": "# 1.0.0", "assets": {"links": [link]}}
    )
    assert made["name"] == "v1.0.0"
    got = requests.get(
        f"{client.address}/releases/permalink/latest/downloads/tool.tgz", headers=client.headers, timeout=30
    )
    assert got.content == b"bytes"
