"""Two changes at the same moment: what follows from memberships is still what memberships say."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from projects import services
from projects.models import Group, Membership, Project
from projects.roles.effective_roles import sync
from projects.roles.roles import role_of
from tests.factories import people, projects
from tests.support.at_once import at_once
from tokenaccess.policy.levels import Role


def _drift() -> int:
    return sync(groups=Group.objects.all(), projects=Project.objects.all())


@pytest.mark.django_db(transaction=True)
def test_memberships_changed_all_over_a_tree_leave_no_drift() -> None:
    owner = people.person("owner")
    top = projects.group("top", by=owner)
    sub = projects.group("sub", parent=top, by=owner)
    inner = projects.project("inner", group=sub, by=owner)
    user = people.person("user")
    in_top = services.add_member(user=user, target=top, role=Role.REPORTER, by=owner)
    _, failed = at_once(
        lambda: services.update_member(in_top, role=Role.MAINTAINER, by=owner, expires_at=None),
        lambda: services.add_member(user=user, target=inner, role=Role.GUEST, by=owner),
        lambda: services.add_member(user=user, target=sub, role=Role.DEVELOPER, by=owner),
        lambda: services.create_project(name="late", path="late", group=sub, by=owner),
    )
    assert failed == []
    assert _drift() == 0
    assert role_of(user, inner) is Role.MAINTAINER
    assert role_of(user, Project.objects.get(path="late")) is Role.MAINTAINER


@pytest.mark.django_db(transaction=True)
def test_adding_and_removing_at_once_leave_no_drift() -> None:
    owner = people.person("owner")
    top = projects.group("top", by=owner)
    inner = projects.project("inner", group=top, by=owner)
    user = people.person("user")
    in_project = services.add_member(user=user, target=inner, role=Role.MAINTAINER, by=owner)
    _, failed = at_once(
        lambda: services.remove_member(in_project, by=owner),
        lambda: services.add_member(user=user, target=top, role=Role.REPORTER, by=owner),
    )
    assert failed == []
    assert _drift() == 0
    assert role_of(user, inner) is Role.REPORTER


@pytest.mark.django_db(transaction=True)
def test_the_same_person_added_twice_at_once_is_added_once() -> None:
    owner = people.person("owner")
    top = projects.group("top", by=owner)
    user = people.person("user")
    _, failed = at_once(
        *[lambda: services.add_member(user=user, target=top, role=Role.DEVELOPER, by=owner) for _ in range(2)]
    )
    assert [type(error) for error in failed] == [ValidationError]
    assert Membership.objects.filter(user=user).count() == 1
    assert _drift() == 0


@pytest.mark.django_db(transaction=True)
def test_two_last_owners_cannot_leave_at_once() -> None:
    first, second = people.person("first"), people.person("second")
    top = projects.group("top", by=first)
    services.add_member(user=second, target=top, role=Role.OWNER, by=first)
    memberships = list(Membership.objects.filter(group=top))
    _, failed = at_once(
        lambda: services.remove_member(memberships[0], by=None), lambda: services.remove_member(memberships[1], by=None)
    )
    assert [type(error) for error in failed] == [ValidationError]
    assert Membership.objects.filter(group=top, role=Role.OWNER).count() == 1
