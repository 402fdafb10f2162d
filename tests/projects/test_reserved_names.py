"""Which words name no group, project or person: GitLab's own and those that our routes need, no others."""

from __future__ import annotations

import re
from typing import Any

import pytest

from projects.paths import OWN_PATHS, TOP_LEVEL
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tokenaccess.adapters.endpoints import endpoints

pytestmark = pytest.mark.one_case

ROUTES = [endpoint.route for endpoint in endpoints()]


def first_words() -> set[str]:
    """Of addresses that do not begin with one of the full paths that are reserved as such."""
    routes = [*ROUTES, "/admin/", "/assets/"]
    own = tuple(f"/{path}/" for path in OWN_PATHS)
    return {word for route in routes if not route.startswith(own) and "<" not in (word := route.split("/")[1]) and word}


# Words that follow a project or group in addresses of the API.
@pytest.mark.parametrize("name", ["packages", "jobs", "registry", "repository", "ci", "releases", "terraform", "state"])
def test_a_project_or_group_may_be_called_as_a_part_of_an_address(cast: Cast, name: str) -> None:
    group = projects.group(name, by=cast.owner)
    project = projects.project(name, group=group, by=cast.owner)
    api, address = Api(token=token_for(cast.owner)), f"/projects/{name}%2F{name}"
    assert api.get(address).json()["id"] == project.pk
    assert api.get(f"{address}/jobs").json() == []
    assert api.get(f"{address}/registry/repositories/").json() == []
    assert [one["id"] for one in api.get(f"/groups/{name}/projects").json()] == [project.pk]
    assert api.post(f"{address}/terraform/state/production", b'{"version": 4, "serial": 1}').status_code == 200


def test_a_slash_that_is_not_encoded_ends_a_full_path(cast: Cast) -> None:
    api = Api(token=token_for(cast.owner))
    for address in ("/projects/acme/library", "/projects/acme%252Flibrary", "/projects/acme%2Flibrary%2F"):
        assert api.get(address).status_code == 404, address
    assert api.get("/projects/acme%2flibrary").status_code == 200


def test_the_next_page_of_a_project_named_by_its_path_can_be_asked_for(cast: Cast) -> None:
    api = Api(token=token_for(cast.owner))
    first = api.get("/projects/acme%2Flibrary/members?per_page=1")
    (following,) = re.findall(r'<http://testserver([^>]+)>; rel="next"', first.headers["Link"])
    assert api.get(following).headers["X-Page"] == "2"


def test_every_first_word_of_our_own_addresses_is_one_that_gitlab_reserves() -> None:
    assert first_words() <= TOP_LEVEL


def test_where_addresses_that_others_fix_begin_nothing_lies(cast: Cast) -> None:
    for first, second in (path.split("/") for path in OWN_PATHS):
        top = create_group(cast, first).json()
        refused = create_group(cast, second.upper(), parent_id=top["id"])
        assert (refused.status_code, "is a reserved name" in refused.content.decode()) == (400, True)
        other = create_group(cast, f"{first}-x").json()
        assert create_group(cast, second, parent_id=other["id"]).status_code == 201
        api = Api(token=token_for(cast.owner))
        assert api.delete(f"/groups/{top['id']}").status_code in {202, 204}
        assert api.put(f"/groups/{other['id']}", {"path": first}).status_code == 400


def create_group(cast: Cast, path: str, **more: Any) -> Any:
    return Api(token=token_for(cast.owner)).post("/groups", {"name": "x", "path": path, **more})


@pytest.mark.parametrize(
    "name",
    ["jwt", "assets", "dashboard", "health_check", "favicon.ico", "snippets", "admin", "s", "JWT", "files"],
)
def test_no_top_level_group_or_person_takes_a_reserved_name(cast: Cast, name: str) -> None:
    answer = create_group(cast, name)
    assert answer.status_code == 400
    assert "is a reserved name" in answer.content.decode()
    fields = {"username": name, "name": "x", "email": "x@example.org", "password": "let me in please"}
    assert Api(token=token_for(cast.admin)).post("/users", fields).status_code in {400, 409}


@pytest.mark.parametrize(
    "name", ["user", "settings", "tags", "version", "sign_in", "tree", "job", "static", "_", "access"]
)
def test_other_words_are_fine_names(cast: Cast, name: str) -> None:
    assert create_group(cast, name).status_code == 201
    assert Api(token=token_for(cast.owner)).get(f"/groups/{name}").json()["path"] == name


@pytest.mark.parametrize("name", ["user", "jwt", "assets", "dashboard", "admin", "users", "search", "static", "job"])
def test_a_word_of_the_top_level_names_a_project_or_subgroup(cast: Cast, name: str) -> None:
    api = Api(token=token_for(cast.owner))
    assert create_group(cast, name, parent_id=cast.acme.pk).status_code == 201
    made = api.post("/projects", {"name": "x", "path": f"{name}-", "namespace_id": cast.acme.pk})
    assert made.status_code == 201
    made = api.post("/projects", {"name": "y", "path": name, "namespace_id": made.json()["namespace"]["id"]})
    assert made.status_code == 400  # the subgroup has it
    deep = projects.project(name, group=projects.group("other", by=cast.owner), by=cast.owner)
    for path in (f"/projects/other%2F{name}", f"/projects/other%2F{name}/jobs", f"/groups/acme%2F{name}/projects"):
        assert api.get(path).status_code == 200, path
    assert deep.full_path == f"other/{name}"


@pytest.mark.parametrize("name", ["tree", "blob", "raw", "wikis", "builds", "badges", "refs"])
def test_no_project_or_subgroup_takes_a_word_of_an_address(cast: Cast, name: str) -> None:
    api = Api(token=token_for(cast.owner))
    assert create_group(cast, name, parent_id=cast.acme.pk).status_code == 400
    answer = api.post("/projects", {"name": "x", "path": name, "namespace_id": cast.acme.pk})
    assert answer.status_code == 400
    assert "is a reserved name" in answer.content.decode()
