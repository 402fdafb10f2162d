"""The prepared statement answers as its readable twin does, on this database, over a generated world."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from identity.models import User, today
from identity.secrets import digest
from projects.models import Group, Project
from projects.roles.roles import role_of
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tests.support.access_world import generate_world
from tests.support.orm_facts import job_facts_by_orm
from tokenaccess.access import facts as load
from tokenaccess.access.gate import permitted_ids
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.sql.job_check import TARGET_COLUMNS
from tokenaccess.access.sql.joined_read import JoinedReadParams, TargetJoin
from tokenaccess.access.sql.project_search import ProjectSearch, ProjectSearchParams
from tokenaccess.models import (
    InstanceSettings,
    TokenAccessSettings,
)
from tokenaccess.policy import Action, Anonymous, Facts, decide, explain
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import NO_FACTS
from tokenaccess.policy.levels import InboundMode, Role
from tokenaccess.policy.needs import NEEDS


def test_the_check_finds_the_job_behind_a_token(cast: Cast, django_assert_num_queries: Any) -> None:
    token = cast.job_token()
    with django_assert_num_queries(1):
        found = load.job_facts([digest(token)], IdOrPath("id", cast.library.pk))
    assert found is not None
    job, facts, _ = found
    assert (job.project_id, job.person and job.person.username) == (cast.app.pk, "developer")
    assert (facts.target and facts.target.path, facts.role) == ("acme/library", Role.DEVELOPER)


def test_a_path_names_a_project_whatever_its_case(cast: Cast) -> None:
    found = load.job_facts([digest(cast.job_token())], IdOrPath.parse("ACME/Library"))
    assert found is not None
    target = found[1].target
    assert target is not None
    assert target.id == cast.library.pk


def test_an_unknown_token_is_nobody(cast: Cast) -> None:
    assert load.job_facts([digest("glcbt-none")], IdOrPath("id", cast.library.pk)) is None


@pytest.mark.parametrize("seed", range(4))
def test_the_check_agrees_with_its_orm_form_over_a_generated_world(db: None, seed: int) -> None:
    world = generate_world(random.Random(seed))
    tokens, places = world
    for token, place in itertools.product(tokens, places):
        by_statement = load.job_facts([digest(token)], place)
        assert by_statement is not None
        assert by_statement[:2] == job_facts_by_orm(digest(token), place)
        assert by_statement[:2] == load.starting_job_facts(by_statement[0].id, place)


def test_a_job_that_is_to_start_is_judged_before_it_has_a_token(cast: Cast, django_assert_num_queries: Any) -> None:
    waiting = jobs.job(cast.app, cast.developer, "pending")
    with django_assert_num_queries(1):
        found = load.starting_job_facts(waiting.pk, IdOrPath.parse("acme/library"))
    assert found == load.job_facts([digest(jobs.token_of(waiting))], IdOrPath.parse("acme/library"))[:2]  # type: ignore[index]
    assert load.starting_job_facts(0, IdOrPath.parse("acme/library")) is None


@pytest.mark.parametrize("seed", range(2))
def test_facts_by_name_are_those_of_the_single_check(db: None, seed: int, django_assert_max_num_queries: Any) -> None:
    tokens, places = generate_world(random.Random(seed))
    for token in tokens:
        alone = {}
        for place in places:
            known = load.job_facts([digest(token)], place)
            assert known is not None
            job, alone[place], _ = known
        with django_assert_max_num_queries(2):
            assert load.job_facts_by_name(job, places) == alone


@pytest.mark.parametrize("seed", range(1))
def test_explanation_and_enforcement_agree_over_a_generated_world(db: None, seed: int) -> None:
    tokens, places = generate_world(random.Random(seed))
    actions = [action for action, needs in NEEDS.items() if needs.jobs and needs.kind is TargetKind.PROJECT][::4]
    for token, place in itertools.product(tokens, places):
        by_orm = job_facts_by_orm(digest(token), place)
        enforced = load.job_facts([digest(token)], place)
        assert by_orm is not None
        assert enforced is not None
        for action in actions:
            decision, steps = decide(enforced[0], action, enforced[1]), explain(*(by_orm[0], action, by_orm[1]))
            assert decision.reason == next((step for step in steps if not step.ok), None)
            if decision.allowed:
                assert (decision.trial is not None) == any(step.in_trial for step in steps)


EVERYWHERE = ProjectSearchParams(ProjectSearch("everywhere", Action.READ_PACKAGES, {}, "TRUE"), {})
BELOW = ProjectSearch("below", Action.READ_PACKAGES, {}, "TRUE", group=True)
WITHIN = ProjectSearch("within", Action.READ_PACKAGES, {}, "TRUE", namespace=True)
_ITSELF = ("itself.id", "LEFT JOIN projects_project itself ON itself.id = {target}")
PROJECT_ITSELF = TargetJoin("itself", {}, *_ITSELF, decode=lambda row: row[0])
OF_MANY_ROWS = TargetJoin("itself_if_visible", {}, *_ITSELF, decode=lambda row: row[0], many=True)


@pytest.mark.parametrize("seed", range(4))
def test_a_joined_read_comes_to_every_admitted_job(db: None, seed: int) -> None:
    tokens, places = generate_world(random.Random(seed))
    outside = 0
    read = (PROJECT_ITSELF, OF_MANY_ROWS)[seed % 2]
    for token, place in itertools.product(tokens, places):
        found = load.job_facts([digest(token)], place, JoinedReadParams(read, {}))
        assert found is not None
        job, facts, joined = found
        if any(decide(job, action, facts).allowed for action in Action if NEEDS[action].kind is TargetKind.PROJECT):
            assert facts.target is not None
            assert joined == facts.target.id
        outside += facts.target is not None and joined is None
    assert outside  # nothing is read of what a job may surely not see


@pytest.mark.parametrize("by_path", [False, True])
def test_no_many_rows_are_read_of_a_decoy_nor_of_what_the_person_cannot_see(cast: Cast, by_path: bool) -> None:
    """Whoever may put many rows beside a name would read from the time whether there is such a project."""
    stranger = people.person("stranger")
    open_one = projects.project("zz", group=projects.group("zz", by=stranger), by=stranger)
    TokenAccessSettings.objects.update_or_create(project=open_one, defaults={"inbound_mode": InboundMode.OPEN})
    token, own = digest(cast.job_token()), projects.project("appa", group=cast.acme, by=cast.owner, visibility=20)

    def read(project_id: int, path: str) -> list[Any]:
        by, name = IdOrPath.of_path(path) if by_path else IdOrPath("id", project_id)
        values = {"digest": token, by: name, "today": today().isoformat()}
        return (OF_MANY_ROWS.statements[by].fetch(values) or [])[TARGET_COLUMNS:]

    absent = (own.pk + 1, f"{own.full_path}a")  # before which stands what the job may read
    assert read(own.pk, own.full_path) == [own.pk]
    assert read(*absent) == read(open_one.pk, open_one.full_path) == [None]


def test_nothing_is_read_of_an_open_project_that_the_instance_closes(cast: Cast) -> None:
    TokenAccessSettings.objects.update_or_create(project=cast.library, defaults={"inbound_mode": InboundMode.OPEN})
    InstanceSettings.objects.update_or_create(pk=1, defaults={"inbound_mode": InboundMode.ENFORCED})
    token = digest(cast.job_token())
    found = load.job_facts([token], IdOrPath("id", cast.library.pk), JoinedReadParams(PROJECT_ITSELF, {}))
    assert found is not None
    assert found[2] is None


@pytest.mark.parametrize("seed", range(2))
def test_a_person_s_statement_answers_as_its_readable_twin(db: None, seed: int) -> None:
    _, places = generate_world(random.Random(seed))
    for user in [None, *User.objects.all()]:
        for place in places:
            assert load.project_facts(user, place) == _facts_by_orm(user, load.find_project(place))
            person = None if user is None else load.person_of(user)
            assert load.group_facts(person, place) == _facts_by_orm(user, load.find_group(place))


@pytest.mark.parametrize("seed", range(4))
def test_facts_about_many_projects_are_those_about_each(
    db: None, seed: int, django_assert_max_num_queries: Any
) -> None:
    tokens, _ = generate_world(random.Random(seed))
    found = 0
    for token in tokens:
        alone = {}
        for project in Project.objects.alive():
            known = load.job_facts([digest(token)], IdOrPath("id", project.pk))
            assert known is not None
            job, alone[project.pk], _ = known
        with django_assert_max_num_queries(1):
            together = {facts.target.id: facts for facts in load.job_facts_of_many(job, EVERYWHERE) if facts.target}
        assert together.items() <= alone.items()
        found += len(together)
        elsewhere = [facts for pk, facts in alone.items() if pk not in together]
        assert not [facts for facts in elsewhere if decide(job, Action.READ_PACKAGES, facts).allowed]
    assert found


@pytest.mark.parametrize("seed", range(2))
def test_a_search_finds_whatever_the_person_may_read(db: None, seed: int) -> None:
    generate_world(random.Random(seed))
    for user in [None, *User.objects.all()]:
        caller = Anonymous() if user is None else load.person_of(user)
        readable = permitted_ids(user, Action.READ_PACKAGES, list(Project.objects.alive()))
        assert set(EVERYWHERE.fetch_ids(caller, [])) == readable
        for group in Group.objects.all():
            below = {project.pk for project in Project.objects.below(group.pk)}
            for search, values in ((BELOW, {"group": group.pk}), (WITHIN, {"namespace": group.full_path.upper()})):
                assert set(ProjectSearchParams(search, values).fetch_ids(caller, [])) == readable & below


def _facts_by_orm(user: User | None, on: Project | Group | None) -> Facts:
    if on is None:
        return NO_FACTS
    target = load.target_from_row(on)
    return Facts(target, role_of(user, on))


def test_where_there_is_nothing_at_all_nothing_is_found(db: None, django_assert_num_queries: Any) -> None:
    for place in (ABSENT, IdOrPath("id", 1), IdOrPath.of_path("no/such")):
        with django_assert_num_queries(1):
            assert load.project_facts(None, place) == NO_FACTS
        with django_assert_num_queries(1):
            assert load.group_facts(None, place) == NO_FACTS
