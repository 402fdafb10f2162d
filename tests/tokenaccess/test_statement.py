"""The prepared statement answers as its readable twin does, on this database, over a generated world."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest
from waffle.models import Switch

from identity.models import User
from identity.secrets import digest
from projects.models import Group, Project
from projects.roles import today
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tokenaccess import load
from tokenaccess.models import AllowlistEntry, InstanceSettings, TokenAccessSettings
from tokenaccess.policy import Action, Facts, decide
from tokenaccess.policy.actions import NEEDS, Kind
from tokenaccess.policy.facts import NOTHING
from tokenaccess.policy.levels import Role
from tokenaccess.reference import ABSENT, Reference
from tokenaccess.statement import Along, Asked


def test_it_knows_the_job_behind_a_token(cast: Cast, django_assert_num_queries: Any) -> None:
    token = cast.job_token()
    with django_assert_num_queries(1):
        found = load.job_facts([digest(token)], Reference(id=cast.library.pk))
    assert found is not None
    job, facts = found
    assert (job.project_id, job.person and job.person.username) == (cast.app.pk, "developer")
    assert (facts.target and facts.target.path, facts.role) == ("acme/library", Role.DEVELOPER)


def test_a_path_names_a_project_whatever_its_case(cast: Cast) -> None:
    found = load.job_facts([digest(cast.job_token())], Reference.parse("ACME/Library"))
    assert found is not None
    target = found[1].target
    assert target is not None
    assert target.id == cast.library.pk


def test_an_unknown_token_is_nobody(cast: Cast) -> None:
    assert load.job_facts([digest("glcbt-none")], Reference(id=cast.library.pk)) is None


@pytest.mark.parametrize("seed", range(4))
def test_it_answers_as_its_readable_twin_over_a_generated_world(db: None, seed: int) -> None:
    world = _world(random.Random(seed))
    tokens, places = world
    for token, place in itertools.product(tokens, places):
        by_statement = load.job_facts([digest(token)], place)
        assert by_statement is not None
        assert by_statement == load.job_facts_by_orm(digest(token), place)


PROJECT_ITSELF = Along("itself", {}, "itself.id", "LEFT JOIN projects_project itself ON itself.id = {opened}")


@pytest.mark.parametrize("seed", range(4))
def test_what_is_asked_along_comes_to_every_job_that_is_let_in(db: None, seed: int) -> None:
    tokens, places = _world(random.Random(seed))
    outside = 0
    for token, place in itertools.product(tokens, places):
        found = load.job_facts_and([digest(token)], place, Asked(PROJECT_ITSELF, {}))
        assert found is not None
        job, facts, along = found
        if any(decide(job, action, facts).allowed for action in Action if NEEDS[action].kind is Kind.PROJECT):
            assert facts.target is not None
            assert along == [facts.target.id]
        outside += facts.target is not None and along is None
    assert outside  # nothing is read of what a job may surely not see


@pytest.mark.parametrize("seed", range(2))
def test_a_person_s_statement_answers_as_its_readable_twin(db: None, seed: int) -> None:
    _, places = _world(random.Random(seed))
    for user in [None, *User.objects.all()]:
        for place in places:
            assert load.project_facts(user, place) == _facts_by_orm(user, load.find_project(place))
            assert load.group_facts(user, place) == _facts_by_orm(user, load.find_group(place))


def _facts_by_orm(user: User | None, on: Project | Group | None) -> Facts:
    if on is None:
        return NOTHING
    target = load.plain_target(on) if isinstance(on, Project) else load.group_target(on)
    return Facts(target, load.role_of(user, on))


def test_where_there_is_nothing_at_all_nothing_is_found(db: None, django_assert_num_queries: Any) -> None:
    for place in (ABSENT, Reference(id=1), Reference.of_path("no/such")):
        with django_assert_num_queries(1):
            assert load.project_facts(None, place) == NOTHING
        with django_assert_num_queries(1):
            assert load.group_facts(None, place) == NOTHING


def _world(chance: random.Random) -> tuple[list[str], list[Reference]]:
    owner = people.person("root")
    groups: list[Group] = []
    for number in range(6):
        parent = chance.choice([None, *groups])
        groups.append(projects.group(f"g{number}", parent=parent, by=owner, visibility=20))
    made = [
        projects.project(
            f"p{number}",
            group=chance.choice(groups),
            by=owner,
            visibility=chance.choice([0, 0, 10, 20]),
            archived=chance.random() < 0.2,
            public_jobs=chance.random() < 0.7,
            package_registry_access_level=chance.choice([0, 10, 20]),
            builds_access_level=chance.choice([0, 20, 20]),
        )
        for number in range(6)
    ]
    persons = [people.person(f"u{number}", is_external=number == 1, is_superuser=number == 2) for number in range(4)]
    for user in persons:
        places: list[Group | Project] = [*groups, *made]
        for place in chance.sample(places, 3):
            end = chance.choice([None, today() + timedelta(days=3)])
            projects.member(user, place, chance.choice([role for role in Role if role]), expires_at=end)
    for project in made:
        _rules(chance, project, made, groups)
    InstanceSettings.objects.create(enforce_inbound=chance.random() < 0.3)
    Switch.objects.update_or_create(name=load.SWITCH, defaults={"active": chance.random() < 0.8})
    made[0].pending_deletion = True
    made[0].save()
    tokens = [
        jobs.job_token(chance.choice(made), chance.choice([*persons, None]), chance.choice(["running", "success"]))
        for _ in range(8)
    ]
    rows: list[Group | Project] = [*groups, *made]
    there = [place for row in rows for place in (Reference(id=row.pk), Reference.of_path(row.full_path.upper()))]
    # Before, between and after those that there are: another stands in, and must not be taken for it.
    absent = [Reference.of_path(path) for path in ("!", "g0/p", f"{made[0].full_path}x", "no/such", "zz/z")]
    return tokens, [ABSENT, Reference(id=max(row.pk for row in rows) + 1), *absent, *there]


def _rules(chance: random.Random, project: Project, others: list[Project], groups: list[Group]) -> None:
    if chance.random() < 0.6:
        TokenAccessSettings.objects.create(
            project=project,
            limits_inbound=chance.random() < 0.7,
            limits_outbound=chance.random() < 0.4,
            takes_job_pushes=chance.random() < 0.3,
        )
    for other in chance.sample([one for one in others if one != project], 3):
        direction = chance.choice(["inbound", "outbound"])
        _list(chance, project=project, target_project=other, direction=direction)
    for group in chance.sample(groups, 2):
        _list(chance, project=project, target_group=group, direction="inbound")


def _list(chance: random.Random, **fields: Any) -> None:
    granted = chance.sample(["read_packages", "admin_packages", "read_repositories", "read_jobs"], 2)
    AllowlistEntry.objects.create(**fields, default_permissions=chance.random() < 0.5, permissions=granted)
