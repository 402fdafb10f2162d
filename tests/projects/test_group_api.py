"""Groups and namespaces by REST."""

from __future__ import annotations

import re
from typing import Any

import pytest

from projects.models import Group
from projects.services import create_namespace
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.adapters.endpoints import endpoints
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import Role
from tokenaccess.policy.needs import NEEDS


@pytest.fixture
def tree(cast: Cast) -> list[Group]:
    """acme / backend (internal) / core (private)."""
    backend = projects.group("backend", parent=cast.acme, by=cast.owner, visibility=10)
    return [backend, projects.group("core", parent=backend, by=cast.owner, visibility=0)]


def test_a_group_is_made_shown_changed_and_deleted(cast: Cast, api: Any) -> None:
    caller = api(cast.developer)
    answer = caller.post("/groups", {"name": "Our Team", "path": "team", "description": "We", "visibility": "public"})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["full_path"], made["full_name"], made["parent_id"], made["visibility"]) == (
        "team", "Our Team", None, "public",
    )  # fmt: skip
    assert made["web_url"] == "http://testserver/groups/team"
    assert api().get("/groups/team").json()["id"] == made["id"]
    changed = caller.put(f"/groups/{made['id']}", {"name": "Them", "description": "", "visibility": "private"}).json()
    assert (changed["name"], changed["description"], changed["visibility"]) == ("Them", "", "private")
    assert api().get("/groups/team").status_code == 404
    assert caller.delete("/groups/team").json() == {"message": "202 Accepted"}
    assert not Group.objects.filter(path="team").exists()


def test_a_subgroup_takes_a_maintainer_of_the_group_above(cast: Cast, api: Any) -> None:
    asked = {"name": "Sub", "path": "sub", "parent_id": cast.acme.pk}
    assert api(cast.outsider).post("/groups", asked).status_code == 403
    assert api(cast.outsider).post("/groups", {**asked, "parent_id": 999999}).status_code == 404
    projects.member(cast.developer, cast.acme, Role.MAINTAINER)
    made = api(cast.developer).post("/groups", asked).json()
    assert (made["full_path"], made["full_name"], made["parent_id"]) == ("acme/sub", "acme / Sub", cast.acme.pk)
    assert api().post("/groups", asked).status_code == 401


def test_hidden_and_absent_look_the_same(cast: Cast, api: Any, tree: list[Group]) -> None:
    for name in (str(tree[1].pk), "acme%2Fbackend%2Fcore", "999999", "nothing", "1" * 40, "a%00b"):
        answer = api(cast.outsider).get(f"/groups/{name}")
        assert (answer.status_code, answer.json()) == (404, {"message": "404 Group Not Found"})


def test_the_list_of_groups_holds_what_the_caller_may_see(cast: Cast, api: Any, tree: list[Group]) -> None:
    assert _paths(api().get("/groups")) == {"acme"}
    assert _paths(api(cast.outsider).get("/groups")) == {"acme", "acme/backend"}
    assert _paths(api(cast.owner).get("/groups")) == {"acme", "acme/backend", "acme/backend/core"}
    assert _paths(api(cast.owner).get("/groups?top_level_only=true")) == {"acme"}
    assert _paths(api(cast.owner).get("/groups?search=ack")) == {"acme/backend"}
    assert _paths(api(cast.owner).get("/groups?owned=true&visibility=private")) == {"acme/backend/core"}
    assert _paths(api(cast.outsider).get("/groups?owned=true")) == set()
    projects.member(cast.outsider, tree[0], Role.REPORTER)
    assert _paths(api(cast.outsider).get("/groups?min_access_level=20")) == {"acme/backend", "acme/backend/core"}


def test_a_group_lists_its_subgroups_and_projects(cast: Cast, api: Any, tree: list[Group]) -> None:
    projects.project("deep", group=tree[1], by=cast.owner)
    caller = api(cast.owner)
    assert _paths(caller.get("/groups/acme/subgroups")) == {"acme/backend"}
    assert _paths(caller.get("/groups/acme/descendant_groups")) == {"acme/backend", "acme/backend/core"}
    assert _paths(api(cast.outsider).get("/groups/acme/descendant_groups")) == {"acme/backend"}
    found = caller.get("/groups/acme/projects").json()
    assert {one["path_with_namespace"] for one in found} == {"acme/library", "acme/app"}
    found = caller.get("/groups/acme/projects?include_subgroups=true&simple=true").json()
    deep = next(one for one in found if one["path"] == "deep")
    assert deep["name_with_namespace"] == "acme / backend / core / deep"
    assert len(found) == 3


def test_a_list_takes_as_many_statements_for_few_as_for_many(
    cast: Cast, api: Any, tree: list[Group], django_assert_num_queries: Any
) -> None:
    caller = api(cast.owner)
    caller.get("/groups")
    with django_assert_num_queries(4):  # the token, count, page, names of the groups above
        assert len(caller.get("/groups").json()) == 3
    for number in range(12):
        projects.group(f"g{number}", parent=tree[1], by=cast.owner)
    with django_assert_num_queries(4):
        assert len(caller.get("/groups").json()) == 15


def test_a_persons_own_namespace_is_no_group(cast: Cast, api: Any) -> None:
    api(cast.developer).post("/projects", {"name": "mine"})
    assert api(cast.developer).get("/groups/developer").status_code == 404
    assert api(cast.developer).put("/groups/developer", {"name": "x"}).status_code == 404
    shown = api(cast.developer).get("/namespaces/developer").json()
    assert (shown["kind"], shown["full_path"]) == ("user", "developer")
    assert "developer" not in _paths(api(cast.admin).get("/groups"))


def test_no_route_of_groups_takes_a_persons_own_namespace(cast: Cast, api: Any) -> None:
    values, answers = {"group": str(create_namespace(cast.developer).pk)}, {}
    # Package clients search below a group; that there are none is what they are told of any group without packages.
    routes = [one for one in endpoints() if one.route.startswith("/api/v4/groups/") and "/-/packages/" not in one.route]
    for endpoint in routes:
        path = re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: values.get(found[1], "1"), endpoint.route)
        for method, action in endpoint.actions.items():
            if NEEDS[action].kind is TargetKind.GROUP:
                answers[f"{method} {endpoint.path}"] = api(cast.developer).request(method, path).status_code
    assert len(answers) > 50
    assert {route: status for route, status in answers.items() if status != 404} == {}


def test_namespaces_are_where_one_has_a_role(cast: Cast, api: Any, tree: list[Group]) -> None:
    api(cast.developer).post("/projects", {"name": "mine"})
    projects.member(cast.developer, tree[0], Role.DEVELOPER)
    found = {one["full_path"]: one["kind"] for one in api(cast.developer).get("/namespaces").json()}
    assert found == {"developer": "user", "acme/backend": "group", "acme/backend/core": "group"}
    assert [one["path"] for one in api(cast.developer).get("/namespaces?search=core").json()] == ["core"]
    assert [one["path"] for one in api(cast.developer).get("/namespaces?owned_only=true").json()] == ["developer"]
    assert api().get("/namespaces").status_code == 401


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"error": "name is missing, path is missing"}),
        ({"name": "x"}, {"error": "path is missing"}),
        ({"name": "x", "path": ""}, {"error": "path is empty"}),
        ({"name": "x", "path": "acme"}, {"message": {"path": ["has already been taken"]}}),
        ({"name": "x", "path": "x", "visibility": 7}, {"error": "visibility does not have a valid value"}),
        ({"name": "x", "path": "x", "parent_id": "one"}, {"error": "parent_id is invalid"}),
        ({"name": ["x"], "path": "x"}, {"error": "name is invalid"}),
    ],
)
def test_the_group_api_names_the_invalid_parameter(cast: Cast, api: Any, body: Any, expected: Any) -> None:
    answer = api(cast.owner).post("/groups", body)
    assert (answer.status_code, answer.json()) == (400, expected)


def test_a_group_cannot_become_less_visible_than_its_contents(cast: Cast, api: Any, tree: list[Group]) -> None:
    answer = api(cast.owner).put("/groups/acme", {"visibility": "private"})
    assert (answer.status_code, list(answer.json()["message"])) == (400, ["visibility_level"])


def _paths(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {one["full_path"] for one in answer.json()}


def test_whether_a_path_is_taken_is_answered_as_making_a_group_would(cast: Cast, api: Any, tree: list[Group]) -> None:
    caller = api(cast.outsider)
    assert caller.get("/namespaces/ACME/exists").json() == {"exists": True, "suggests": ["ACME1"]}
    assert caller.get("/namespaces/free/exists").json() == {"exists": False, "suggests": []}
    below = f"/namespaces/core/exists?parent_id={tree[0].pk}"
    assert caller.get(below).json()["exists"] is False  # hidden, and no groups are theirs to make there
    assert api(cast.owner).get(below).json()["exists"] is True
    assert caller.get("/namespaces/core/exists?parent_id=999999").status_code == 404
    hidden, absent = (api(cast.outsider).get(f"/namespaces/acme%2F{name}/exists") for name in ("library", "nothing"))
    assert hidden.json() == absent.json() == {"exists": False, "suggests": []}
    assert api().get("/namespaces/acme/exists").status_code == 401
    made = {"name": "robot", "scopes": ["api"], "access_level": 40}
    robot = api(token=api(cast.owner).post(f"/projects/{cast.library.pk}/access_tokens", made).json()["token"])
    projects.group("hidden", by=cast.owner, visibility=0)
    hidden, absent = (robot.get(f"/namespaces/{name}/exists").json() for name in ("hidden", "absent"))
    assert hidden == absent == {"exists": False, "suggests": []}, "a bot makes no groups"
