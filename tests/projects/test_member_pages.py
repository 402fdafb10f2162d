"""The pages of members, of projects and of groups."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from identity.models import today
from projects.models import Membership
from projects.roles.roles import role_of
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Role

PROJECT, GROUP = "/acme/library/-/members", "/groups/acme/-/members"


@pytest.fixture
def browser(client: Client) -> Any:
    def of(user: Any) -> Client:
        client.force_login(user)
        return client

    return of


def _text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_the_list_tells_what_is_inherited(cast: Cast, browser: Any) -> None:
    projects.member(cast.guest, cast.acme, Role.REPORTER)
    answer = browser(cast.reporter).get(PROJECT)
    assert answer.status_code == 200
    rows = {row.effective.user.username: row for row in answer.context["rows"]}
    assert list(rows) == ["developer", "guest", "maintainer", "owner", "reporter"]
    assert rows["owner"].inherited
    assert rows["owner"].direct is None
    assert rows["guest"].inherited
    assert rows["guest"].direct.role == Role.GUEST
    assert not rows["developer"].inherited
    assert "Direct role: Guest" in _text(answer)
    assert "Add a member" not in _text(answer)


def test_the_list_is_hidden_with_its_project(cast: Cast, browser: Any) -> None:
    assert browser(cast.outsider).get(PROJECT).status_code == 404
    assert browser(cast.outsider).get("/groups/nothing/-/members").status_code == 404


def test_the_page_of_members_finds_people(cast: Cast, browser: Any) -> None:
    answer = browser(cast.reporter).get(f"{PROJECT}?q=DEV")
    assert [row.effective.user.username for row in answer.context["rows"]] == ["developer"]
    assert "No matching members" in _text(browser(cast.reporter).get(f"{PROJECT}?q=zz"))


@pytest.mark.parametrize("address", [PROJECT, GROUP])
def test_a_member_is_added_changed_and_removed(cast: Cast, browser: Any, address: str) -> None:
    owner, end = browser(cast.owner), today() + timedelta(days=9)
    asked = {"username": "Outsider", "role": 30, "expires_at": end.isoformat()}
    assert cast.outsider
    answer = owner.post(address, asked, follow=True)
    assert "outsider now has the role developer." in _text(answer)
    assert role_of(cast.outsider, cast.library) is Role.DEVELOPER
    made = Membership.objects.get(user=cast.outsider)
    assert made.expires_at == end
    page = owner.get(f"{address}/{made.pk}")
    assert page.context["form"].initial["role"] == 30
    answer = owner.post(f"{address}/{made.pk}", {"role": 40, "expires_at": ""}, follow=True)
    assert "outsider now has the role maintainer." in _text(answer)
    assert role_of(cast.outsider, cast.library) is Role.MAINTAINER
    assert "Remove outsider from" in _text(owner.get(f"{address}/{made.pk}/remove"))
    assert role_of(cast.outsider, cast.library) is Role.MAINTAINER
    owner.post(f"{address}/{made.pk}/remove")
    assert role_of(cast.outsider, cast.library) is Role.NONE


@pytest.mark.parametrize(
    ("change", "field", "error"),
    [
        ({"username": "nobody"}, "username", "There is no user named nobody. Check the spelling."),
        ({"username": "guest"}, None, "Member already exists"),
        ({"username": ""}, "username", "This field is required."),
        ({"username": "a\0b"}, "username", "Null characters are not allowed."),
        ({"role": "35"}, "role", "Select a valid choice. 35 is not one of the available choices."),
        ({"expires_at": "2001-01-01"}, "expires_at", "Cannot be a date in the past"),
        ({"expires_at": "soon"}, "expires_at", "Enter a valid date."),
    ],
)
def test_the_page_of_members_shows_an_error_at_its_field(
    cast: Cast, browser: Any, change: dict[str, str], field: str | None, error: str
) -> None:
    before = Membership.objects.count()
    assert cast.outsider
    answer = browser(cast.maintainer).post(PROJECT, {"username": "outsider", "role": "30", **change})
    assert answer.status_code == 422
    form = answer.context["form"]
    assert (form.errors[field] if field else form.non_field_errors()) == [error]
    assert Membership.objects.count() == before


def test_a_maintainer_makes_and_changes_no_owners(cast: Cast, browser: Any) -> None:
    projects.member(cast.outsider, cast.library, Role.OWNER)
    theirs = Membership.objects.get(user=cast.outsider)
    maintainer = browser(cast.maintainer)
    assert Role.OWNER not in dict(maintainer.get(PROJECT).context["form"].fields["role"].choices)
    mine = Membership.objects.get(user=cast.maintainer, project=cast.library)
    assert maintainer.post(f"{PROJECT}/{mine.pk}", {"role": 50}).status_code == 422
    assert maintainer.post(f"{PROJECT}/{theirs.pk}", {"role": 10}).status_code == 403
    assert maintainer.post(f"{PROJECT}/{theirs.pk}/remove").status_code == 403
    assert f"{PROJECT}/{theirs.pk}" not in maintainer.get(PROJECT).content.decode()
    assert role_of(cast.outsider, cast.library) is Role.OWNER


def test_managing_takes_the_role_for_it(cast: Cast, browser: Any) -> None:
    mine = Membership.objects.get(user=cast.developer, project=cast.library)
    developer = browser(cast.developer)
    assert developer.post(PROJECT, {"username": "outsider", "role": 10}).status_code == 403
    assert developer.get(f"{PROJECT}/{mine.pk}").status_code == 403
    assert developer.post(f"{PROJECT}/{mine.pk}/remove").status_code == 403
    assert developer.post(GROUP, {"username": "outsider", "role": 10}).status_code == 403


def test_a_membership_of_another_place_is_not_here(cast: Cast, browser: Any) -> None:
    elsewhere = Membership.objects.get(user=cast.developer, project=cast.app)
    assert browser(cast.owner).post(f"{PROJECT}/{elsewhere.pk}/remove").status_code == 404
    assert browser(cast.owner).get(f"{PROJECT}/{'9' * 40}").status_code == 404
    assert Membership.objects.filter(pk=elsewhere.pk).exists()


def test_the_last_owner_stays_and_sees_why(cast: Cast, browser: Any) -> None:
    mine = Membership.objects.get(user=cast.owner, group=cast.acme)
    answer = browser(cast.owner).post(f"{GROUP}/{mine.pk}/remove", follow=True)
    assert "The last owner of a group stays" in _text(answer)
    assert Membership.objects.filter(pk=mine.pk).exists()


def test_the_page_of_removing_says_what_stays(cast: Cast, browser: Any) -> None:
    projects.member(cast.guest, cast.acme, Role.REPORTER)
    direct = Membership.objects.get(user=cast.guest, project=cast.library)
    assert "The user keeps the role Reporter inherited from acme." in _text(
        browser(cast.owner).get(f"{PROJECT}/{direct.pk}/remove")
    )
