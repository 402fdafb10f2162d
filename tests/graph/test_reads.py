"""What a project tells of itself and of its Token Access. job-token.md §4.1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.allowlist import services
from tokenaccess.models import AuthorizationRecord
from tokenaccess.policy.levels import Role

SETTINGS = """query($path: ID!) { project(fullPath: $path) {
  ciCdSettings {
    jobTokenScopeEnabled inboundJobTokenScopeEnabled pushRepositoryForJobTokenAllowed keepLatestArtifact optInJwt
  }
} }"""
SCOPE = """query($path: ID!) { project(fullPath: $path) { ciJobTokenScope {
  projects { nodes { fullPath } }
  outboundAllowlist { count nodes { fullPath } }
  inboundAllowlist { count nodes { id name path fullPath webUrl avatarUrl namespace { id fullPath } } }
  groupsAllowlist { count nodes { id name path fullPath webUrl avatarUrl } }
  inboundAllowlistCount groupsAllowlistCount
  inboundAllowlistAutopopulatedIds groupAllowlistAutopopulatedIds
} } }"""
ENTRIES = """query($path: ID!) { project(fullPath: $path) { ciJobTokenScopeAllowlist {
  projectsAllowlist { nodes { ...Entry } }
  groupsAllowlist { nodes { ...Entry } }
} } }
fragment Entry on CiJobTokenScopeAllowlistEntry {
  sourceProject { fullPath }
  target { ... on CiJobTokenAccessibleProject { fullPath } ... on CiJobTokenAccessibleGroup { fullPath } }
  direction defaultPermissions jobTokenPolicies addedBy { username } createdAt autopopulated
}"""
LOGS = """query($path: ID!, $first: Int, $after: String) { project(fullPath: $path) {
  ciJobTokenAuthLogs(first: $first, after: $after) {
    count
    nodes { lastAuthorizedAt originProject { fullPath path avatarUrl name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
} }"""
PATHS = "{ projects { nodes { fullPath } } }"


def paths(connection: dict[str, Any]) -> list[str]:
    return [node["fullPath"] for node in connection["nodes"]]


# --- Basics -----------------------------------------------------------------------------------------------------------


def test_a_project_tells_what_clients_expect_of_it(cast: Cast, graph):
    query = """{ project(fullPath: "ACME/library") {
        id name path fullPath webUrl avatarUrl visibility archived httpUrlToRepo
        namespace { id fullPath } group { id fullPath webUrl }
    } }"""
    assert graph(cast.guest).ask(query)["project"] == {
        "id": f"gid://gitlab/Project/{cast.library.pk}",
        "name": "library",
        "path": "library",
        "fullPath": "acme/library",
        "webUrl": "http://testserver/acme/library",
        "avatarUrl": None,
        "visibility": "private",
        "archived": False,
        "httpUrlToRepo": "http://testserver/acme/library.git",
        "namespace": {"id": f"gid://gitlab/Group/{cast.acme.pk}", "fullPath": "acme"},
        "group": {
            "id": f"gid://gitlab/Group/{cast.acme.pk}",
            "fullPath": "acme",
            "webUrl": "http://testserver/groups/acme",
        },
    }


@pytest.mark.parametrize("path", ["acme/library", "acme/absent"])
def test_a_hidden_project_looks_like_none(cast: Cast, graph, path: str):
    query = "query($path: ID!) { project(fullPath: $path) { id } }"
    assert graph(cast.outsider).ask(query, path=path) == {"project": None}
    assert graph().ask(query, path=path) == {"project": None}


def test_a_hidden_group_looks_like_none(cast: Cast, graph):
    projects.group("hidden", by=cast.owner, visibility=0)
    asked = '{ group(fullPath: "hidden") { fullPath } }'
    assert graph(cast.owner).ask(asked) == {"group": {"fullPath": "hidden"}}
    assert graph(cast.outsider).ask(asked) == {"group": None}


def test_a_person_s_own_namespace_is_no_group(cast: Cast, graph):
    assert graph(cast.admin).ask('{ group(fullPath: "owner") { id } }') == {"group": None}


def test_projects_lists_what_one_may_see(cast: Cast, graph):
    projects.project("open", group=cast.acme, by=cast.owner, visibility=20)
    assert paths(graph(cast.guest).ask(PATHS)["projects"]) == ["acme/open", "acme/app", "acme/library"]
    assert paths(graph(cast.outsider).ask(PATHS)["projects"]) == ["acme/open"]
    assert paths(graph().ask(PATHS)["projects"]) == ["acme/open"]


def test_projects_are_found_by_word_membership_id_and_path(cast: Cast, graph):
    projects.project("open", group=cast.acme, by=cast.owner, visibility=20)
    guest = graph(cast.guest)
    assert paths(guest.ask('{ projects(search: "LIB") { nodes { fullPath } } }')["projects"]) == ["acme/library"]
    mine = guest.ask("{ projects(membership: true) { nodes { fullPath } } }")["projects"]
    assert paths(mine) == ["acme/app", "acme/library"]
    by_id = "query($ids: [ID!]) { projects(ids: $ids) { nodes { fullPath } } }"
    assert paths(guest.ask(by_id, ids=[f"gid://gitlab/Project/{cast.app.pk}"])["projects"]) == ["acme/app"]
    by_path = guest.ask('{ projects(fullPaths: ["acme/open", "acme/none"]) { nodes { fullPath } } }')["projects"]
    assert paths(by_path) == ["acme/open"]
    assert graph().ask("{ projects(membership: true) { count } }") == {"projects": {"count": 0}}


@pytest.mark.one_case
@pytest.mark.parametrize("wrong", ["", "x", "gid://gitlab/Group/1", "gid://gitlab/Project/" + "9" * 30, "-1", "\0"])
def test_an_id_that_is_none_gets_an_error(cast: Cast, graph, wrong: str):
    errors = graph(cast.guest).errors("query($ids: [ID!]) { projects(ids: $ids) { count } }", ids=[wrong])
    assert len(errors) == 1
    assert errors[0].endswith("is no id of a project.")


@pytest.mark.parametrize("word", ["\0", "a" * 300])
def test_a_search_for_what_cannot_be_gets_an_error(cast: Cast, graph, word: str):
    query = "query($search: String) { projects(search: $search) { count } }"
    assert graph(cast.guest).errors(query, search=word) == ["search is invalid"]


def test_a_group_lists_its_projects(cast: Cast, graph):
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    projects.project("deep", group=inner, by=cast.owner)
    query = """query($all: Boolean!) { group(fullPath: "acme") {
        projects(includeSubgroups: $all) { nodes { fullPath } }
    } }"""
    assert paths(graph(cast.owner).ask(query, all=False)["group"]["projects"]) == ["acme/app", "acme/library"]
    everything = graph(cast.owner).ask(query, all=True)["group"]["projects"]
    assert paths(everything) == ["acme/app", "acme/inner/deep", "acme/library"]


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_a_list_is_walked_page_by_page_in_both_directions(cast: Cast, graph):
    for number in range(3):
        projects.project(f"p{number}", group=cast.acme, by=cast.owner)
    owner = graph(cast.owner)
    query = """query($first: Int, $after: String, $last: Int, $before: String) {
        projects(first: $first, after: $after, last: $last, before: $before) {
            count edges { cursor node { path } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    }"""

    def page(**window: Any) -> tuple[list[str], dict[str, Any]]:
        found = owner.ask(query, **window)["projects"]
        assert found["count"] == 5
        return [edge["node"]["path"] for edge in found["edges"]], found["pageInfo"]

    first, place = page(first=2)
    assert first == ["p2", "p1"]
    assert (place["hasNextPage"], place["hasPreviousPage"]) == (True, False)
    second, place = page(first=2, after=place["endCursor"])
    assert second == ["p0", "app"]
    assert page(last=1, before=place["startCursor"])[0] == ["p1"]
    third, end = page(first=2, after=place["endCursor"])
    assert third == ["library"]
    assert (end["hasNextPage"], end["hasPreviousPage"]) == (False, True)
    assert page(last=2)[0] == ["app", "library"]
    assert page(first=0)[0] == []
    assert page(first=1000)[0] == ["p2", "p1", "p0", "app", "library"]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("window", "message"),
    [
        ({"after": "nonsense!"}, "That is no cursor of this list."),
        ({"after": "é"}, "That is no cursor of this list."),
        ({"before": "LTU="}, "That is no cursor of this list."),
        ({"after": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5"}, "That is no cursor of this list."),
        ({"first": -1}, "first must not be negative."),
        ({"last": -1}, "last must not be negative."),
    ],
)
def test_a_page_that_cannot_be_gets_an_error(cast: Cast, graph, window: dict[str, Any], message: str):
    query = """query($first: Int, $after: String, $last: Int, $before: String) {
        projects(first: $first, after: $after, last: $last, before: $before) { nodes { id } }
    }"""
    assert graph(cast.guest).errors(query, **window) == [message]


# --- Token Access -----------------------------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize("query", [SETTINGS, SCOPE, ENTRIES, LOGS])
@pytest.mark.parametrize("who", ["developer", "reporter", "guest"])
def test_token_access_is_null_below_maintainer(cast: Cast, graph, query: str, who: str):
    data = graph(getattr(cast, who)).ask(query, path="acme/library")["project"]
    assert list(data.values()) == [None]


@pytest.mark.parametrize("who", ["maintainer", "owner", "admin"])
def test_token_access_is_shown_from_maintainer_on(cast: Cast, graph, who: str):
    assert graph(getattr(cast, who)).ask(SETTINGS, path="acme/library")["project"]["ciCdSettings"] == {
        "jobTokenScopeEnabled": False,
        "inboundJobTokenScopeEnabled": True,
        "pushRepositoryForJobTokenAllowed": False,
        "keepLatestArtifact": True,
        "optInJwt": False,
    }


def test_a_visitor_of_a_public_project_sees_none_of_it(cast: Cast, graph):
    projects.project("open", group=cast.acme, by=cast.owner, visibility=20)
    assert graph().ask(SETTINGS, path="acme/open") == {"project": {"ciCdSettings": None}}


def test_the_settings_are_shown_as_they_are(cast: Cast, graph):
    services.limit_access(cast.library, by=cast.owner, inbound=False, outbound=True)
    services.set_job_pushes(cast.library, allowed=True, by=cast.owner)
    data = graph(cast.maintainer).ask(SETTINGS, path="acme/library")["project"]["ciCdSettings"]
    assert data["jobTokenScopeEnabled"] is True
    assert data["inboundJobTokenScopeEnabled"] is False
    assert data["pushRepositoryForJobTokenAllowed"] is True


def test_a_list_always_holds_the_project_itself(cast: Cast, graph):
    scope = graph(cast.maintainer).ask(SCOPE, path="acme/library")["project"]["ciJobTokenScope"]
    assert paths(scope["inboundAllowlist"]) == paths(scope["outboundAllowlist"]) == ["acme/library"]
    assert paths(scope["projects"]) == ["acme/library"]
    assert scope["inboundAllowlistCount"] == scope["inboundAllowlist"]["count"] == 1
    assert paths(scope["groupsAllowlist"]) == []


def test_the_lists_of_both_directions_are_never_mixed(cast: Cast, graph):
    other = projects.project("other", group=cast.acme, by=cast.owner)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.add_entry(cast.library, other, by=cast.owner, direction="outbound")
    scope = graph(cast.maintainer).ask(SCOPE, path="acme/library")["project"]["ciJobTokenScope"]
    assert paths(scope["inboundAllowlist"]) == ["acme/library", "acme/app"]
    assert paths(scope["outboundAllowlist"]) == paths(scope["projects"]) == ["acme/library", "acme/other"]
    assert scope["inboundAllowlistCount"] == 2


def test_a_listed_project_one_cannot_see_is_named_to_the_list_s_maintainer(cast: Cast, graph):
    keeper = people.person("keeper")
    projects.member(keeper, cast.library, Role.MAINTAINER)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    scope = graph(keeper).ask(SCOPE, path="acme/library")["project"]["ciJobTokenScope"]
    assert scope["inboundAllowlist"]["nodes"][1] == {
        "id": f"gid://gitlab/Project/{cast.app.pk}",
        "name": "app",
        "path": "app",
        "fullPath": "acme/app",
        "webUrl": "http://testserver/acme/app",
        "avatarUrl": None,
        "namespace": {"id": f"gid://gitlab/Group/{cast.acme.pk}", "fullPath": "acme"},
    }
    assert graph(keeper).ask('{ project(fullPath: "acme/app") { id } }') == {"project": None}


def test_groups_and_what_came_from_the_log_are_listed(cast: Cast, graph):
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    cast.library.allowlist.update(autopopulated=True)
    scope = graph(cast.maintainer).ask(SCOPE, path="acme/library")["project"]["ciJobTokenScope"]
    group = f"gid://gitlab/Group/{cast.acme.pk}"
    assert scope["groupsAllowlist"]["nodes"] == [
        {
            "id": group,
            "name": "acme",
            "path": "acme",
            "fullPath": "acme",
            "webUrl": "http://testserver/groups/acme",
            "avatarUrl": None,
        }
    ]
    assert (scope["groupsAllowlistCount"], scope["groupAllowlistAutopopulatedIds"]) == (1, [group])
    assert scope["inboundAllowlistAutopopulatedIds"] == []


def test_entries_are_listed_whole_and_without_the_project_itself(cast: Cast, graph):
    services.add_entry(cast.library, cast.app, by=cast.maintainer, default_permissions=False, permissions=["read_jobs"])
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    lists = graph(cast.maintainer).ask(ENTRIES, path="acme/library")["project"]["ciJobTokenScopeAllowlist"]
    (project,), (group,) = lists["projectsAllowlist"]["nodes"], lists["groupsAllowlist"]["nodes"]
    assert project.pop("createdAt")
    assert project == {
        "sourceProject": {"fullPath": "acme/library"},
        "target": {"fullPath": "acme/app"},
        "direction": "inbound",
        "defaultPermissions": False,
        "jobTokenPolicies": ["READ_JOBS"],
        "addedBy": {"username": "maintainer"},
        "autopopulated": False,
    }
    assert (group["target"], group["defaultPermissions"], group["jobTokenPolicies"]) == ({"fullPath": "acme"}, True, [])


def test_an_entry_outlives_whoever_added_it(cast: Cast, graph):
    services.add_entry(cast.library, cast.app, by=cast.maintainer)
    cast.library.allowlist.update(added_by=None)
    lists = graph(cast.owner).ask(ENTRIES, path="acme/library")["project"]["ciJobTokenScopeAllowlist"]
    assert lists["projectsAllowlist"]["nodes"][0]["addedBy"] is None


def test_the_log_lists_the_admitted_sources_the_last_one_first(cast: Cast, graph):
    now = timezone.now()
    for number in range(3):
        origin = projects.project(f"origin{number}", group=cast.acme, by=cast.owner)
        AuthorizationRecord.objects.create(
            accessed_project=cast.library, origin_project=origin, last_authorized_at=now - timedelta(days=number)
        )
    maintainer = graph(cast.maintainer)
    logs = maintainer.ask(LOGS, path="acme/library", first=2)["project"]["ciJobTokenAuthLogs"]
    assert [node["originProject"]["path"] for node in logs["nodes"]] == ["origin0", "origin1"]
    assert logs["count"] == 3
    assert logs["pageInfo"]["hasNextPage"] is True
    after = logs["pageInfo"]["endCursor"]
    rest = maintainer.ask(LOGS, path="acme/library", after=after)["project"]["ciJobTokenAuthLogs"]
    assert [node["originProject"]["path"] for node in rest["nodes"]] == ["origin2"]


# --- What it costs ----------------------------------------------------------------------------------------------------


def test_a_list_of_projects_with_their_settings_costs_the_same_however_long(
    cast: Cast, graph, django_assert_num_queries
):
    for number in range(5):
        projects.project(f"p{number}", group=cast.acme, by=cast.owner)
    maintainer = graph(cast.owner)
    query = "{ projects { nodes { fullPath namespace { id } ciCdSettings { jobTokenScopeEnabled } } } }"
    maintainer.ask(query)
    with django_assert_num_queries(4):  # the token, the projects, the roles there, their settings
        found = maintainer.ask(query)["projects"]["nodes"]
    assert len(found) == 7
    assert all(project["ciCdSettings"] for project in found)


def test_a_list_s_entries_cost_the_same_however_many(cast: Cast, graph, django_assert_num_queries):
    maintainer = graph(cast.maintainer)
    for number in range(6):
        other = projects.project(f"p{number}", group=cast.acme, by=cast.owner)
        services.add_entry(cast.library, other, by=cast.owner)
        services.add_entry(cast.library, projects.group(f"g{number}", parent=cast.acme, by=cast.owner), by=cast.owner)
    with django_assert_num_queries(7):  # the token; the check, the project, the role (asked twice); both lists
        lists = maintainer.ask(ENTRIES, path="acme/library")["project"]["ciJobTokenScopeAllowlist"]
    assert len(lists["projectsAllowlist"]["nodes"]) == len(lists["groupsAllowlist"]["nodes"]) == 6
