"""Groups invited into projects and groups: what their members get, and what ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from identity.models import today
from projects import services
from projects.models import Group, GroupLink, Membership
from projects.roles.roles import role_of
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.projects.test_reconcile import NOTHING_WRONG, reconcile
from tokenaccess.policy.levels import Role


@pytest.fixture
def team(cast: Cast) -> Group:
    """A private group of the library's maintainer with the outsider as its developer."""
    team = projects.group("team", by=cast.maintainer, visibility=0)
    projects.member(cast.outsider, team, Role.DEVELOPER)
    return team


def test_a_project_shared_with_a_group_is_open_to_its_members_up_to_the_role(cast: Cast, api: Any, team: Group):
    where = f"/projects/{cast.library.pk}/share"
    assert api(cast.outsider).get("/projects/acme%2Flibrary").status_code == 404
    made = api(cast.maintainer).post(where, {"group_id": team.pk, "group_access": 20})
    assert made.status_code == 201
    assert made.json() == {
        "id": GroupLink.objects.get().pk, "project_id": cast.library.pk, "group_id": team.pk, "group_access": 20,
        "expires_at": None,
    }  # fmt: skip
    assert role_of(cast.outsider, cast.library) is Role.REPORTER
    seen = api(cast.outsider).get("/projects/acme%2Flibrary").json()
    assert seen["shared_with_groups"] == [
        {"group_id": team.pk, "group_name": "team", "group_full_path": "team", "group_access_level": 20,
         "expires_at": None}
    ]  # fmt: skip
    assert api(cast.guest).get("/projects/acme%2Flibrary").json()["shared_with_groups"] == []
    members = api(cast.guest).get(f"/projects/{cast.library.pk}/members/all").json()
    assert {row["username"]: row["access_level"] for row in members}["outsider"] == 20
    assert [row["id"] for row in api(cast.outsider).get(f"/groups/{team.pk}/projects").json()] == [cast.library.pk]
    assert api(cast.outsider).get(f"/groups/{team.pk}/projects?with_shared=false").json() == []
    assert reconcile("--check").startswith(NOTHING_WRONG)
    again = api(cast.maintainer).post(where, {"group_id": team.pk, "group_access": 30})
    assert again.status_code == 400
    assert api(cast.maintainer).delete(f"{where}/{team.pk}").status_code == 204
    assert api(cast.maintainer).delete(f"{where}/{team.pk}").status_code == 404
    assert role_of(cast.outsider, cast.library) is Role.NONE


def test_a_group_shared_with_a_group_is_open_with_all_below(cast: Cast, api: Any, team: Group):
    below = projects.group("below", parent=cast.acme, by=cast.owner, visibility=0)
    inner = projects.project("inner", group=below, by=cast.owner)
    projects.member(cast.owner, team, Role.GUEST)
    answer = api(cast.owner).post(f"/groups/{cast.acme.pk}/share", {"group_id": team.pk, "group_access": 40})
    assert answer.json()["shared_with_groups"][0]["group_access_level"] == 40
    assert role_of(cast.outsider, below) is role_of(cast.outsider, inner) is Role.DEVELOPER
    late = projects.member(people.person("late"), team, Role.OWNER)
    assert role_of(late, inner) is Role.MAINTAINER
    services.remove_member(Membership.objects.get(user=late), by=cast.owner)
    assert role_of(late, inner) is Role.NONE
    assert reconcile("--check").startswith(NOTHING_WRONG)
    api(cast.owner).delete(f"/groups/{cast.acme.pk}/share/{team.pk}")
    assert role_of(cast.outsider, inner) is Role.NONE


def test_a_link_ends_with_its_day_with_the_membership_and_with_the_group(cast: Cast, team: Group):
    tomorrow = today() + timedelta(days=1)
    services.invite_group(team, target=cast.library, role=Role.REPORTER, by=cast.owner, expires_at=tomorrow)
    assert set(cast.outsider.projecteffectiverole_set.values_list("until", flat=True)) == {tomorrow}
    services.invite_group(team, target=cast.app, role=Role.REPORTER, by=cast.owner)
    services.delete_group(team, by=cast.maintainer)
    assert role_of(cast.outsider, cast.app) is role_of(cast.outsider, cast.library) is Role.NONE
    assert reconcile("--check").startswith(NOTHING_WRONG)


def test_links_do_not_add_up(cast: Cast, team: Group):
    """Who is in a group by an invitation is not invited on."""
    friends = projects.group("friends", by=cast.outsider, visibility=0)
    friend = projects.member(people.person("friend"), friends, Role.OWNER)
    services.invite_group(friends, target=team, role=Role.OWNER, by=cast.maintainer)
    services.invite_group(team, target=cast.library, role=Role.OWNER, by=cast.owner)
    assert role_of(friend, team) is Role.OWNER
    assert role_of(friend, cast.library) is Role.NONE


def test_nobody_invites_what_they_do_not_see_or_gives_more_than_they_may(cast: Cast, api: Any, team: Group):
    where, hidden = f"/projects/{cast.library.pk}/share", projects.group("hidden", visibility=0)
    asked = {"group_id": team.pk, "group_access": 30}
    assert api(cast.developer).post(where, asked).status_code == 403
    assert api(cast.maintainer).post(where, {**asked, "group_access": 50}).status_code == 403
    answers = [api(cast.maintainer).post(where, {**asked, "group_id": pk}) for pk in (hidden.pk, 999999)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [
        (404, {"message": "404 Group Not Found"})
    ] * 2
    assert api(cast.maintainer).post(where, {**asked, "group_id": cast.acme.pk}).status_code == 400
    services.invite_group(hidden, target=cast.library, role=Role.OWNER, by=cast.owner)
    assert api(cast.maintainer).delete(f"{where}/{hidden.pk}").status_code == 403


def test_the_bot_of_an_access_token_stays_where_it_belongs(cast: Cast, api: Any, team: Group):
    made = api(cast.maintainer).post(f"/groups/{team.pk}/access_tokens", {"name": "bot", "scopes": ["api"]}).json()
    services.invite_group(team, target=cast.library, role=Role.OWNER, by=cast.owner)
    assert api(token=made["token"]).get(f"/groups/{team.pk}").status_code == 200
    assert api(token=made["token"]).get(f"/projects/{cast.library.pk}").status_code == 404


def test_the_groups_of_a_project_are_those_above_and_those_invited(cast: Cast, api: Any, team: Group):
    services.invite_group(team, target=cast.library, role=Role.REPORTER, by=cast.owner)
    where = f"/projects/{cast.library.pk}/groups"
    assert [row["full_path"] for row in api(cast.maintainer).get(where).json()] == ["acme"]
    shared = f"{where}?with_shared=true"
    assert [row["full_path"] for row in api(cast.maintainer).get(shared).json()] == ["acme", "team"]
    assert [row["full_path"] for row in api(cast.guest).get(shared).json()] == ["acme"]
    assert api(cast.maintainer).get(f"{shared}&shared_min_access_level=30")["X-Total"] == "1"
