"""python-gitlab, unchanged, against the real server: what there is of the whole instance, GraphQL and search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from gitlab.exceptions import GitlabError

from tests.contract.conftest import Connect
from tests.contract.world import Someone, World


@pytest.fixture(scope="module")
def admin(connect: Connect) -> Any:
    return connect()


@pytest.fixture
def application_settings(admin: Any) -> Iterator[Any]:
    """Put back as they were: the server is that of other tests too."""
    before = admin.settings.get().keep_latest_artifact
    yield admin.settings.get()
    admin.http_put("/application/settings", post_data={"keep_latest_artifact": before})


def test_the_version_is_three_numbers(shared_world: World, connect: Connect) -> None:
    client = connect(shared_world.outsider)
    body = client.http_get("/metadata")
    assert re.fullmatch(r"\d+\.\d+\.\d+", body["version"])
    assert client.version() == (body["version"], body["revision"])
    assert (body["enterprise"], body["kas"]["enabled"]) == (False, False)
    with pytest.raises(GitlabError) as unknown:
        connect(private_token="glpat-nobody").http_get("/metadata")
    assert unknown.value.response_code == 401


def test_settings_are_kept_and_those_without_effect_are_named(application_settings: Any, admin: Any) -> None:
    application_settings.keep_latest_artifact = not application_settings.keep_latest_artifact
    application_settings.default_branch_name = "trunk"
    application_settings.asset_proxy_allowlist = ["example.com"]
    application_settings.save()
    kept = admin.settings.get()
    assert kept.keep_latest_artifact is application_settings.keep_latest_artifact
    assert (kept.default_branch_name, kept.asset_proxy_allowlist) == ("trunk", ["example.com"])
    named = {warning.split()[0] for warning in kept.warnings}
    assert named >= {"default_branch_name", "asset_proxy_allowlist"}
    assert "keep_latest_artifact" not in named


def test_settings_and_features_are_for_administrators(shared_world: World, connect: Connect, admin: Any) -> None:
    client = connect(shared_world.developer)
    for refused in (client.settings.get, client.features.list, lambda: client.features.set("any", True)):
        with pytest.raises(GitlabError) as caught:
            refused()
        assert caught.value.response_code == 403
    made = admin.features.set("some_feature", True)
    assert (made.name, made.state) == ("some_feature", "on")
    assert "some_feature" in [one.name for one in admin.features.list(get_all=True)]
    made.delete()
    assert "some_feature" not in [one.name for one in admin.features.list(get_all=True)]


def test_applications_are_made_listed_and_deleted(admin: Any) -> None:
    redirect = "https://app.example.com/callback"
    made = admin.applications.create({"name": "Console", "redirect_uri": redirect, "scopes": "api openid"})
    assert (made.application_name, made.callback_url, bool(made.secret)) == ("Console", redirect, True)
    (listed,) = [one for one in admin.applications.list(get_all=True) if one.id == made.id]
    assert listed.application_id == made.application_id
    assert not hasattr(listed, "secret")
    renewed = admin.http_post(f"/applications/{made.id}/renew-secret")
    assert renewed["secret"] != made.secret
    made.delete()
    with pytest.raises(GitlabError, match="404"):
        made.delete()


def test_a_search_finds_what_the_caller_may_see(shared_world: World, admin: Any, connect: Connect) -> None:
    word = f"needle{shared_world.number}"
    group = admin.groups.create({"name": word, "path": word})
    project = admin.projects.create({"name": word, "namespace_id": group.id})
    shared_world.commit(shared_world.library, {"hay.txt": f"some {word} here\n"})
    client = connect(shared_world.developer)

    def search(place: Any, scope: str) -> list[Any]:
        return list(place.search(scope, word, get_all=True))

    assert [one["id"] for one in search(admin, "groups")] == [group.id]
    assert [one["id"] for one in search(admin, "projects")] == [project.id]
    assert [one["id"] for one in search(group, "projects")] == [project.id]
    assert search(client, "groups") == search(client, "projects") == []
    (hit,) = search(client.projects.get(shared_world.library.id), "blobs")
    assert (hit["path"], hit["startline"], hit["data"]) == ("hay.txt", 1, f"some {word} here")
    users = client.search("users", shared_world.developer.username, get_all=True)
    assert [one["id"] for one in users] == [shared_world.developer.id]
    with pytest.raises(GitlabError, match="scope does not have a valid value"):
        search(client, "wiki_blobs")


QUERY = """query($project: ID!, $group: ID!) {
  currentUser { id username name active }
  project(fullPath: $project) { fullPath }
  group(fullPath: $group) { fullPath projects { nodes { fullPath } } }
  projects(membership: true) { nodes { fullPath } }
  metadata { version }
}"""


def ask(client: Any, method: str, query: str, **variables: str) -> Any:
    more = {"query": query, "variables": variables}
    data = {"query_data": {"query": query}} if method == "get" else {"post_data": more}
    return client.http_request(method, f"{client.url}/api/graphql", **data).json()


def test_graphql_reads_who_asks_and_what_they_see(shared_world: World, connect: Connect) -> None:
    def data_for(who: Someone) -> Any:
        return ask(connect(who), "post", QUERY, project=shared_world.library.path, group=shared_world.group.path)[
            "data"
        ]

    body = data_for(shared_world.developer)
    assert body["currentUser"] == {
        "id": f"gid://gitlab/User/{shared_world.developer.id}",
        "username": shared_world.developer.username,
        "name": shared_world.developer.username,
        "active": True,
    }
    ours = {shared_world.library.path, shared_world.app.path}
    assert body["project"] == {"fullPath": shared_world.library.path}
    assert {one["fullPath"] for one in body["group"]["projects"]["nodes"]} == ours
    assert {one["fullPath"] for one in body["projects"]["nodes"]} == ours
    assert body["metadata"]["version"].count(".") == 2
    outside = data_for(shared_world.outsider)
    assert (outside["project"], outside["group"]["projects"]["nodes"]) == (None, [])
    assert outside["projects"]["nodes"] == []


def test_graphql_answers_a_get_and_changes_nothing_by_it(shared_world: World, connect: Connect) -> None:
    client = connect(shared_world.developer)
    body = ask(client, "get", "{ currentUser { username } }")
    assert body == {"data": {"currentUser": {"username": shared_world.developer.username}}}
    mutation = (
        f'mutation {{ projectCiCdSettingsUpdate(input: {{fullPath: "{shared_world.library.path}"}}) {{ errors }} }}'
    )
    with pytest.raises(GitlabError) as refused:
        ask(client, "get", mutation)
    assert refused.value.response_code == 405


def test_every_answer_has_an_id_of_its_own_and_errors_are_json(shared_world: World, connect: Connect) -> None:
    client = connect(shared_world.developer)
    answers = [client.http_request("get", "/version") for _ in range(2)]
    ids = [answer.headers["X-Request-Id"] for answer in answers]
    assert len(set(ids)) == 2
    with pytest.raises(GitlabError) as none:
        client.http_get("/projects/1/merge_requests")
    assert (none.value.response_code, none.value.error_message) == (404, "404 Not Found")
    for wrong, message in (
        ({"per_page": "x"}, "per_page is invalid"),
        ({"order_by": "x"}, "order_by does not have a valid"),
    ):
        with pytest.raises(GitlabError, match=message) as bad:
            client.http_get("/projects", query_data=wrong)
        assert bad.value.response_code == 400
