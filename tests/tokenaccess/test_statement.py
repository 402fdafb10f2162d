"""The prepared statement answers as its readable twin does, on this database, over a generated world."""

from __future__ import annotations

import itertools
import random
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from waffle.models import Switch

from identity.models import User, today
from identity.secrets import digest
from jobs.models import Environment, Job, JobToken, Runner
from jobs.runners.job_tokens import narrow_token
from projects.models import Group, Project
from projects.roles.roles import role_of
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tests.support.orm_facts import job_facts_by_orm
from tokenaccess.access import facts as load
from tokenaccess.access.gate import check_job_token, permitted_ids
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.sql.job_check import TARGET_COLUMNS
from tokenaccess.access.sql.joined_read import JoinedReadParams, TargetJoin
from tokenaccess.access.sql.project_search import ProjectSearch, ProjectSearchParams
from tokenaccess.explanation.subjects import Question, SubjectKind, judge_subjects
from tokenaccess.models import (
    AllowlistEntry,
    GroupAllowlistEntry,
    GroupRule,
    InstanceSettings,
    TokenAccessSettings,
)
from tokenaccess.policy import Action, Anonymous, Facts, Refusal, decide, explain, features
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import NO_FACTS
from tokenaccess.policy.levels import InboundMode, Role
from tokenaccess.policy.narrowing import Narrowing
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
    world = _world(random.Random(seed))
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
    tokens, places = _world(random.Random(seed))
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
    tokens, places = _world(random.Random(seed))
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


def test_evaluation_batch_preflight_and_enforcement_agree_over_a_generated_world(db: None) -> None:
    tokens, places = _world(random.Random(5))
    wanted = list(itertools.product(places, [Action.READ_PACKAGES, Action.DOWNLOAD_CODE, Action.PUSH_CODE]))
    names = [(str(place.value), action.name.lower()) for place, action in wanted]
    questions = [{"action": {"name": action}, "resource": {"type": "project", "id": name}} for name, action in names]
    admin = User.objects.get(username="u2")
    alive = yes = 0
    for number, token in enumerate(tokens):
        subject = {"type": "job", "id": str(JobToken.objects.get(digest=digest(token)).job_id)}
        ask = Api(job=token).post
        batch = ask("/access/v1/evaluations", {"subject": subject, "evaluations": questions})
        preflight = ask("/token_access/preflight", {"requests": [{"project": on, "action": do} for on, do in names]})
        single = ask("/access/v1/evaluation", {"subject": subject, **questions[number]})
        enforced = [check_job_token(token, action, place).decision for place, action in wanted]
        asked = [Question(SubjectKind.JOB, subject["id"], do, on) for on, do in wanted[number::16]]
        by_people = judge_subjects(admin, asked)
        assert [bool(verdict and verdict.decision.allowed) for verdict in by_people] == [
            decision.allowed for decision in enforced[number::16]
        ]
        if preflight.status_code == 401:
            assert (batch.status_code, single.status_code) == (401, 401)
            assert {decision.refusal for decision in enforced} == {Refusal.UNAUTHENTICATED}
            continue
        allowed = [decision.allowed for decision in enforced]
        assert [row["decision"] for row in batch.json()["evaluations"]] == allowed
        assert [row["allowed"] for row in preflight.json()] == allowed
        assert single.json()["decision"] is allowed[number]
        alive, yes = alive + 1, yes + sum(allowed)
    assert 0 < alive < len(tokens)
    assert yes


EVERYWHERE = ProjectSearchParams(ProjectSearch("everywhere", Action.READ_PACKAGES, {}, "TRUE"), {})
BELOW = ProjectSearch("below", Action.READ_PACKAGES, {}, "TRUE", group=True)
WITHIN = ProjectSearch("within", Action.READ_PACKAGES, {}, "TRUE", namespace=True)
_ITSELF = ("itself.id", "LEFT JOIN projects_project itself ON itself.id = {target}")
PROJECT_ITSELF = TargetJoin("itself", {}, *_ITSELF, decode=lambda row: row[0])
OF_MANY_ROWS = TargetJoin("itself_if_visible", {}, *_ITSELF, decode=lambda row: row[0], many=True)


@pytest.mark.parametrize("seed", range(4))
def test_a_joined_read_comes_to_every_admitted_job(db: None, seed: int) -> None:
    tokens, places = _world(random.Random(seed))
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
    _, places = _world(random.Random(seed))
    for user in [None, *User.objects.all()]:
        for place in places:
            assert load.project_facts(user, place) == _facts_by_orm(user, load.find_project(place))
            person = None if user is None else load.person_of(user)
            assert load.group_facts(person, place) == _facts_by_orm(user, load.find_group(place))


@pytest.mark.parametrize("seed", range(4))
def test_facts_about_many_projects_are_those_about_each(
    db: None, seed: int, django_assert_max_num_queries: Any
) -> None:
    tokens, _ = _world(random.Random(seed))
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
    _world(random.Random(seed))
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


def _world(chance: random.Random) -> tuple[list[str], list[IdOrPath]]:
    owner = people.person("root")
    groups: list[Group] = []
    for number in range(6):
        parent = chance.choice([None, *groups])
        groups.append(projects.group(f"g{number}", parent=parent, by=owner, visibility=20))
    levels = random.Random(chance.random())  # of its own, so that a further feature leaves the rest as it is
    made = [
        projects.project(
            f"p{number}",
            group=chance.choice(groups),
            by=owner,
            visibility=chance.choice([0, 0, 10, 20]),
            archived=chance.random() < 0.2,
            public_jobs=chance.random() < 0.7,
            **{column: levels.choice([0, 10, 20, 20]) for column in features.columns()},
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
    _group_rules(levels, groups, made)
    InstanceSettings.objects.create(inbound_mode=_mode(chance, 0.3, 0.2))
    Switch.objects.update_or_create(name=load.FEATURE_SWITCH, defaults={"active": chance.random() < 0.8})
    Switch.objects.update_or_create(name=load.PUSH_SWITCH, defaults={"active": len(made[0].full_path) % 2 == 0})
    made[0].pending_deletion = True
    made[0].save()
    tokens = [
        jobs.job_token(chance.choice(made), chance.choice([*persons, None]), chance.choice(["running", "success"]))
        for _ in range(8)
    ]
    _vary_jobs(random.Random(chance.random()))
    made[1].fork_origin = made[2].pk
    made[1].save()
    for token in JobToken.objects.order_by("-id")[::3]:
        narrow_token(token.job_id, Narrowing.parse(f"read_packages read_jobs {made[token.job_id % 6].full_path}"))
    rows: list[Group | Project] = [*groups, *made]
    there = [place for row in rows for place in (IdOrPath("id", row.pk), IdOrPath.of_path(row.full_path.upper()))]
    # Before, between and after those that there are: another stands in, and must not be taken for it.
    absent = [IdOrPath.of_path(path) for path in ("!", "g0/p", f"{made[0].full_path}x", "no/such", "zz/z")]
    return tokens, [ABSENT, IdOrPath("id", max(row.pk for row in rows) + 1), *absent, *there]


CONDITIONS: list[dict[str, Any]] = [
    {"protected_refs": True},
    {"branches": ["ma*"], "pipeline_sources": ["push", "schedule"]},
    {"tags": ["v*"], "branches": ["main"], "no_forks": True},
    {"environments": ["prod*"]},
    {"no_manual_retries": True, "runner_tags": ["deploy", "linux"]},
    {"runner_networks": ["10.0.0.0/8", "2001:db8::/32"]},
    {"kept_by_a_later_version": True},
]


def _vary_jobs(chance: random.Random) -> None:
    """What conditions ask about: each job has some of it."""
    for job in Job.objects.select_related("pipeline", "project"):
        job.pipeline.ref, job.pipeline.tag = chance.choice([("main", False), ("v1", True), ("topic", False)])
        job.pipeline.source = chance.choice(["push", "schedule", "web"])
        job.pipeline.save()
        job.protected, job.manual_retry = chance.random() < 0.5, chance.random() < 0.5
        if chance.random() < 0.6:
            job.environment = Environment.objects.get_or_create(
                project=job.project, name=chance.choice(["production", "staging"]), defaults={"slug": str(job.pk)}
            )[0]
        if chance.random() < 0.7:
            tags = chance.choice([[], ["deploy"], ["mac"]])
            job.runner = Runner.objects.create(runner_type="instance_type", digest=str(job.pk), tag_list=tags)
            address = chance.choice(["10.1.2.3", "192.0.2.1", "2001:db8::7", ""])
            JobToken.objects.filter(job=job).update(taken_from=address)
        job.save()


def _mode(chance: random.Random, enforced: float, trial: float) -> InboundMode:
    drawn = chance.random()
    if drawn < enforced:
        return InboundMode.ENFORCED
    return InboundMode.TRIAL if drawn < enforced + trial else InboundMode.OPEN


def _rules(chance: random.Random, project: Project, others: list[Project], groups: list[Group]) -> None:
    if chance.random() < 0.6:
        TokenAccessSettings.objects.create(
            project=project,
            inbound_mode=_mode(chance, 0.6, 0.3),
            limits_outbound=chance.random() < 0.4,
            takes_job_pushes=chance.random() < 0.3,
            takes_cross_project_pushes=project.pk % 2 == 0,
        )
    for other in chance.sample([one for one in others if one != project], 3):
        direction = chance.choice(["inbound", "outbound"])
        _list(chance, project=project, target_project=other, direction=direction)
    for group in chance.sample(groups, 2):
        _list(chance, project=project, target_group=group, direction="inbound")


def _group_rules(chance: random.Random, groups: list[Group], made: list[Project]) -> None:
    """In three worlds of four."""
    for group in groups[: chance.choice([0, 2, 4, 4])]:
        GroupRule.objects.create(
            group=group, inbound_mode=_mode(chance, 0.2, 0.2), has_ceiling=chance.random() < 0.5, is_locked=False
        )
        _list(chance, GroupAllowlistEntry, group=group, target_project=chance.choice(made))
        _list(chance, GroupAllowlistEntry, group=group, target_group=chance.choice(groups))


def _list(
    chance: random.Random, model: type[AllowlistEntry | GroupAllowlistEntry] = AllowlistEntry, **fields: Any
) -> None:
    granted = chance.sample(["read_packages", "admin_packages", "read_repositories", "read_jobs"], 2)
    entry = model.objects.create(**fields, default_permissions=chance.random() < 0.5, permissions=granted)
    lapses = random.Random(entry.pk)  # of its own, so that the rest stays as it is
    entry.expires_at = lapses.choice([None, None, today() + timedelta(days=1), today()])
    entry.suspended_at = lapses.choice([None, None, None, timezone.now()])
    entry.conditions = lapses.choice([{}, {}, *CONDITIONS]) if fields.get("direction") != "outbound" else {}
    entry.save()
