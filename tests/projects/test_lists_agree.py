"""A list shows exactly what the decision would show one by one, over a generated world."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db.models import Q

from identity.models import User, today
from projects import services
from projects.models import Group, GroupEffectiveRole, Membership, Project, ProjectEffectiveRole
from projects.models.choices import PROJECT_CODENAMES
from projects.roles.roles import role_of, roles_of
from tests.factories import people, projects
from tokenaccess.access.facts import person_of
from tokenaccess.access.gate import is_allowed_as, permitted_ids
from tokenaccess.policy import Action, Anonymous, features
from tokenaccess.policy.levels import Role


@pytest.mark.parametrize("seed", range(4))
def test_a_list_and_the_decision_agree(db: None, seed: int) -> None:
    for user in _world(random.Random(seed)):
        caller = Anonymous() if user is None else person_of(user)
        everything = [*Project.objects.select_related("group")]
        seen = {one.pk for one in everything if is_allowed_as(caller, user, Action.READ_PROJECT, one)}
        assert set(Project.objects.visible_to(user).values_list("pk", flat=True)) == seen
        by_word = Project.objects.visible_to(user, Q(full_path__contains="1"))
        assert {one.pk for one in by_word} == {one.pk for one in everything if one.pk in seen and "1" in one.full_path}
        assert permitted_ids(user, Action.READ_PROJECT, everything) == seen
        groups = {one.pk for one in Group.objects.all() if is_allowed_as(caller, user, Action.READ_GROUP, one)}
        assert set(Group.objects.visible_to(user).values_list("pk", flat=True)) == groups
        for action in (Action.READ_CODE, Action.WRITE_CODE, Action.READ_JOBS, Action.MANAGE_MEMBERS):
            one_by_one = {one.pk for one in everything if is_allowed_as(caller, user, action, one)}
            assert permitted_ids(user, action, everything) == one_by_one


@pytest.mark.parametrize("seed", range(2))
def test_roles_read_together_are_those_read_one_by_one(db: None, seed: int) -> None:
    everyone = [user for user in _world(random.Random(seed)) if user is not None]
    everything = [*Project.objects.all()]
    for user in everyone:
        alone = {one.pk: role_of(user, one) for one in everything}
        assert roles_of(user, everything) == alone
        for role in PROJECT_CODENAMES:
            listed = set(Project.objects.with_min_role(user, role).values_list("pk", flat=True))
            assert listed == {pk for pk, held in alone.items() if held >= role}


def _world(chance: random.Random) -> list[User | None]:
    owner = people.person("root")
    groups: list[Group] = []
    for number in range(7):
        parent = chance.choice([None, *groups])
        visibility = chance.choice([level for level in (0, 10, 20) if parent is None or level <= parent.visibility])
        groups.append(projects.group(f"g{number}", parent=parent, by=owner, visibility=visibility))
    everyone = [people.person(f"u{number}", is_external=number == 1, is_superuser=number == 2) for number in range(5)]
    groups += [services.create_namespace(user) for user in everyone[:2]]
    made = []
    for number in range(9):
        group = chance.choice(groups)
        allowed = [level for level in (0, 10, 20) if group.person_id or level <= group.visibility]
        made.append(
            projects.project(
                f"p{number}",
                group=group,
                by=owner,
                visibility=chance.choice(allowed),
                **{column: chance.choice([0, 10, 20]) for column in features.columns()},
                public_jobs=chance.random() < 0.5,
                archived=chance.random() < 0.2,
            )
        )
    for user in everyone:
        places: list[Group | Project] = [*[one for one in groups if one.person_id is None], *made]
        for place in chance.sample(places, 4):
            end = chance.choice([None, None, today() + timedelta(days=3)])
            projects.member(user, place, chance.choice([role for role in Role if role]), expires_at=end)
    # Some have ended since, and nothing has swept them yet.
    for membership in Membership.objects.exclude(expires_at=None)[:5]:
        _end(membership)
    return [*everyone, None]


def _end(membership: Membership) -> None:
    """As it stands on the day of its end, before the sweep: the rows are there, and their day has come."""
    place = services.members.membership_target(membership)
    in_group = isinstance(place, Group)
    groups = Group.objects.below(place.pk) if in_group else Group.objects.none()
    inside = Project.objects.below(place.pk) if in_group else Project.objects.filter(pk=place.pk)
    Membership.objects.filter(pk=membership.pk).update(expires_at=today())
    held = {"user": membership.user, "until": membership.expires_at}
    GroupEffectiveRole.objects.filter(content_object__in=groups, **held).update(until=today())
    ProjectEffectiveRole.objects.filter(content_object__in=inside, **held).update(until=today())
