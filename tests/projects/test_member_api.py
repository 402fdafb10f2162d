"""Members by REST, of projects and of groups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from identity.models import today
from projects.models import GroupEffectiveRole, Membership, ProjectEffectiveRole
from projects.roles.roles import role_of
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Role


def _where(cast: Cast, kind: str) -> str:
    return f"/projects/{cast.library.pk}/members" if kind == "project" else f"/groups/{cast.acme.pk}/members"


@pytest.mark.parametrize("kind", ["project", "group"])
def test_a_member_is_added_changed_and_removed(cast: Cast, api: Any, kind: str) -> None:
    address, caller = _where(cast, kind), api(cast.owner)
    end = (today() + timedelta(days=10)).isoformat()
    answer = caller.post(address, {"user_id": cast.outsider.pk, "access_level": 30, "expires_at": end})
    assert answer.status_code == 201
    made = answer.json()
    assert (made["id"], made["username"], made["access_level"], made["expires_at"]) == (
        cast.outsider.pk, "outsider", 30, end,
    )  # fmt: skip
    assert made["created_by"]["username"] == "owner"
    assert role_of(cast.outsider, cast.library) is Role.DEVELOPER
    one = f"{address}/{cast.outsider.pk}"
    assert caller.put(one, {"access_level": 40}).json()["expires_at"] == end
    assert role_of(cast.outsider, cast.library) is Role.MAINTAINER
    assert caller.put(one, {"access_level": 40, "expires_at": ""}).json()["expires_at"] is None
    assert caller.get(one).json()["access_level"] == 40
    assert caller.delete(one).status_code == 204
    assert role_of(cast.outsider, cast.library) is Role.NONE
    assert (caller.get(one).status_code, caller.get(one).json()) == (404, {"message": "404 Not found"})
    assert caller.delete(one).status_code == 404


@pytest.mark.parametrize("kind", ["project", "group"])
def test_a_second_membership_is_a_conflict(cast: Cast, api: Any, kind: str) -> None:
    address, asked = _where(cast, kind), {"user_id": cast.outsider.pk, "access_level": 10}
    assert api(cast.owner).post(address, asked).status_code == 201
    answer = api(cast.owner).post(address, asked)
    assert (answer.status_code, answer.json()) == (409, {"message": "Member already exists"})


def test_a_membership_that_has_ended_is_in_nobodys_way(cast: Cast, api: Any) -> None:
    Membership.objects.filter(user=cast.guest, project=cast.library).update(expires_at=today())
    address = _where(cast, "project")
    assert api(cast.owner).get(f"{address}/{cast.guest.pk}").status_code == 404
    assert api(cast.owner).post(address, {"user_id": cast.guest.pk, "access_level": 20}).status_code == 201
    assert role_of(cast.guest, cast.library) is Role.REPORTER


def test_somebody_can_be_named_by_username(cast: Cast, api: Any) -> None:
    assert cast.outsider.username == "outsider"
    made = api(cast.maintainer).post(_where(cast, "project"), {"username": "Outsider", "access_level": 10})
    assert made.json()["username"] == "outsider"


def test_members_all_names_each_person_once_with_the_highest_role(cast: Cast, api: Any) -> None:
    projects.member(cast.guest, cast.acme, Role.MAINTAINER)
    projects.member(cast.maintainer, cast.acme, Role.GUEST)
    address = _where(cast, "project")
    direct = {one["username"]: one["access_level"] for one in api(cast.guest).get(address).json()}
    assert direct == {"maintainer": 40, "developer": 30, "reporter": 20, "guest": 10}
    found = {one["username"]: one["access_level"] for one in api(cast.guest).get(f"{address}/all").json()}
    assert found == {"owner": 50, "maintainer": 40, "developer": 30, "reporter": 20, "guest": 40}
    assert api(cast.guest).get(f"{address}/all/{cast.owner.pk}").json()["access_level"] == 50
    assert api(cast.guest).get(f"{address}/all/{cast.outsider.pk}").status_code == 404
    assert [one["username"] for one in api(cast.guest).get(f"{address}/all?query=OWN").json()] == ["owner"]
    assert [one["username"] for one in api(cast.guest).get(f"{address}?query=devel").json()] == ["developer"]


def test_a_list_takes_as_many_statements_for_few_as_for_many(
    cast: Cast, api: Any, django_assert_num_queries: Any
) -> None:
    caller = api(cast.guest)
    address = _where(cast, "project")
    caller.get(address)
    for number in range(15):
        projects.member(people.person(f"p{number}"), cast.library, Role.GUEST)
    # The token; the project with its settings and the person's role in one; count; page.
    with django_assert_num_queries(5):
        assert len(caller.get(address).json()) == 19


def test_managing_takes_the_right_role(cast: Cast, api: Any) -> None:
    asked = {"user_id": cast.outsider.pk, "access_level": 10}
    assert api(cast.developer).post(_where(cast, "project"), asked).status_code == 403
    assert api(cast.maintainer).post(_where(cast, "group"), asked).status_code == 403
    assert api(cast.outsider).post(_where(cast, "project"), asked).status_code == 404
    assert api().post(_where(cast, "project"), asked).status_code == 401
    assert not Membership.objects.filter(user=cast.outsider).exists()


def test_only_an_owner_makes_and_unmakes_owners(cast: Cast, api: Any) -> None:
    address = _where(cast, "project")
    asked = {"user_id": cast.outsider.pk, "access_level": 50}
    assert api(cast.maintainer).post(address, asked).status_code == 403
    assert api(cast.maintainer).put(f"{address}/{cast.maintainer.pk}", {"access_level": 50}).status_code == 403
    assert api(cast.owner).post(address, asked).status_code == 201
    assert api(cast.maintainer).put(f"{address}/{cast.outsider.pk}", {"access_level": 10}).status_code == 403
    assert api(cast.maintainer).delete(f"{address}/{cast.outsider.pk}").status_code == 403
    assert role_of(cast.outsider, cast.library) is Role.OWNER
    assert role_of(cast.maintainer, cast.library) is Role.MAINTAINER
    assert api(cast.owner).delete(f"{address}/{cast.outsider.pk}").status_code == 204


def test_the_last_owner_of_a_group_stays(cast: Cast, api: Any) -> None:
    answer = api(cast.owner).delete(f"{_where(cast, 'group')}/{cast.owner.pk}")
    assert (answer.status_code, answer.json()) == (400, {"message": {"base": ["The last owner of a group stays"]}})


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"access_level": 30}, "user_id, username are missing, exactly one parameter must be provided"),
        ({"user_id": "OUT"}, "access_level is missing"),
        ({"user_id": "OUT", "access_level": None}, "access_level is empty"),
        ({"user_id": "OUT", "access_level": "much"}, "access_level is invalid"),
        ({"user_id": "OUT", "access_level": 35}, "access_level does not have a valid value"),
        ({"user_id": "OUT", "access_level": 0}, "access_level does not have a valid value"),
        ({"user_id": "OUT", "access_level": 30, "expires_at": "soon"}, "expires_at is invalid"),
        ({"user_id": [1], "access_level": 30}, "user_id is invalid"),
        ({"user_id": 10**40, "access_level": 30}, "user_id is invalid"),
        ({"username": "a\0b", "access_level": 30}, "username is invalid"),
    ],
)
def test_the_member_api_names_the_invalid_parameter(cast: Cast, api: Any, body: dict[str, Any], error: str) -> None:
    if body.get("user_id") == "OUT":
        body = {**body, "user_id": cast.outsider.pk}
    answer = api(cast.owner).post(_where(cast, "project"), body)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_day_in_the_past_is_refused(cast: Cast, api: Any) -> None:
    asked = {"user_id": cast.outsider.pk, "access_level": 30, "expires_at": today().isoformat()}
    answer = api(cast.owner).post(_where(cast, "project"), asked)
    assert (answer.status_code, answer.json()) == (
        400, {"message": {"expires_at": ["cannot be a date in the past"]}},
    )  # fmt: skip
    assert not ProjectEffectiveRole.objects.filter(user=cast.outsider).exists()


def test_an_unknown_person_is_not_found(cast: Cast, api: Any) -> None:
    for who in ({"user_id": 999999}, {"username": "nobody"}):
        answer = api(cast.owner).post(_where(cast, "project"), {**who, "access_level": 30})
        assert (answer.status_code, answer.json()) == (404, {"message": "404 User Not Found"})


def test_a_persons_own_namespace_takes_no_members(cast: Cast, api: Any) -> None:
    api(cast.developer).post("/projects", {"name": "mine"})
    answer = api(cast.developer).post("/groups/developer/members", {"user_id": cast.outsider.pk, "access_level": 30})
    assert answer.status_code == 404
    assert not GroupEffectiveRole.objects.filter(user=cast.outsider).exists()
