"""The law: a real request, preflight, evaluation, batch, the three searches and explain say the same of any world."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from identity.models import User
from identity.secrets import digest
from jobs.models import JobToken
from projects.models import FormerPath, Project
from tests.factories.people import token_for
from tests.support.access_world import extend_world, generate_world
from tests.support.client import Api
from tests.support.gate_routes import is_admitted, request, routes, stop_behind_the_gate
from tokenaccess.access import facts as load
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters import denial_id
from tokenaccess.api.authzen.evaluation import UNANSWERED
from tokenaccess.policy import Action
from tokenaccess.policy.needs import JOB_ACTIONS, NEEDS

EVALUATION, EVALUATIONS, SEARCH = "/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search/"
MAX_QUESTIONS = 100
SHARE = 9  # of the questions, one in so many is asked by a request of its own

# By their seeds, with the rules that refuse something there: together all that can refuse a job.
ANYWHERE = {"reachable", "admitted", "visible", "permitted", "enabled", "entitled"}
WORLDS = {1: ANYWHERE | {"declared"}, 2: ANYWHERE | {"located"}, 4: ANYWHERE | {"declared", "located"}}

Question = tuple[str, Action]  # id or path of a project; what to do there


class World(NamedTuple):
    """`places`: names of projects, and of what is none. `paths`: of those that are projects, also by a former path, the
    paths they have now."""

    tokens: list[str]
    places: list[str]
    paths: dict[str, str]

    @property
    def former(self) -> set[str]:
        return {name for name, path in self.paths.items() if not name.isdigit() and name.lower() != path}

    @property
    def questions(self) -> list[Question]:
        return [(place, action) for place in self.places for action in JOB_ACTIONS]


def make_world(seed: int) -> World:
    tokens, _ = generate_world(random.Random(seed))
    tokens += extend_world(random.Random(seed))
    there = list(Project.objects.order_by("pk"))
    paths = {str(one.pk) if one.pk % 2 else one.full_path.upper(): one.full_path for one in there}
    former = FormerPath.objects.exclude(project=None).values_list("path", "project__full_path")
    paths |= dict(former)
    return World(tokens, [*paths, "0", "g0", "no/such"], paths)


def entity(kind: str, name: Any) -> dict[str, str]:
    return {"type": kind, "id": str(name)}


def question(subject: dict[str, str], place: str, action: Action) -> dict[str, Any]:
    return {"subject": subject, "action": {"name": action.name.lower()}, "resource": entity("project", place)}


def ask_many(api: Api, subject: dict[str, str], asked: Sequence[Question]) -> list[dict[str, Any]]:
    """By evaluations, in their order."""
    rows: list[dict[str, Any]] = []
    for start in range(0, len(asked), MAX_QUESTIONS):
        part = [question(subject, *one) for one in asked[start : start + MAX_QUESTIONS]]
        rows += api.post(EVALUATIONS, {"evaluations": part}).json()["evaluations"]
    return rows


def preflight(api: Api, asked: Sequence[Question]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for start in range(0, len(asked), MAX_QUESTIONS):
        part = [{"project": place, "action": action.name.lower()} for place, action in asked[start:][:MAX_QUESTIONS]]
        rows += api.post("/token_access/preflight", {"requests": part}).json()
    return rows


def search(api: Api, what: str, **body: Any) -> set[str]:
    answer = api.post(SEARCH + what, body).json()
    assert not answer["page"]["next_token"]
    return {one.get("id") or one["name"] for one in answer["results"]}


class Asker(NamedTuple):
    """A job of the world, by number, and who asks for it. `reader`: an administrator, who may know everything."""

    job: int
    secret: str
    reader: Api

    @property
    def itself(self) -> Api:
        return Api(job=self.secret)

    @property
    def subject(self) -> dict[str, str]:
        return entity("job", self.job)


@pytest.mark.parametrize("seed", WORLDS)
def test_whoever_asks_about_a_job_learns_what_its_own_request_meets(db: None, seed: int) -> None:
    world = make_world(seed)
    reader = Api(token=token_for(User.objects.get(username="u2")))
    yes: dict[str, set[Question]] = {}
    seen: Counter[str] = Counter()
    for number, secret in enumerate(world.tokens):
        asker = Asker(JobToken.objects.get(digest=digest(secret)).job_id, secret, reader)
        asked = world.questions[number % SHARE :: SHARE]
        answer = asker.itself.post("/token_access/preflight", {"requests": [{"project": "0", "action": "read_jobs"}]})
        if answer.status_code != 200:
            require_all_refuse(asker, asked, answer.status_code)
            seen["refused altogether"] += 1
            continue
        rows = dict(zip(world.questions, preflight(asker.itself, world.questions), strict=True))
        require_requests_agree(asker, rows, asked)
        require_evaluation_agrees(asker, rows, asked)
        require_searches_of_the_job_agree(asker, rows, world)
        admitted = require_people_see_the_same(asker, rows, world)
        seen["allowed"] += sum(row["allowed"] for row in rows.values())
        seen.update(rule_of(row) for row in rows.values())
        seen["explained"] += require_explanations_agree(asker, admitted, asked, world)
        yes[str(asker.job)] = admitted
        require_found(asker.reader, asker.subject, admitted, world)
    require_jobs_are_found(reader, yes, world, seed)
    assert WORLDS[seed] | {"refused altogether", "allowed", "explained"} <= (+seen).keys(), seen


def rule_of(row: dict[str, Any]) -> str:
    """Of a preflight's answer, the rule that refuses; "" if none does."""
    denial = denial_id.decode(row["access_reason"]) if row["access_reason"] else None
    return "" if denial is None else denial.rule


def require_all_refuse(asker: Asker, asked: Sequence[Question], status: int) -> None:
    with stop_behind_the_gate():
        found = {request(asker.secret, action, IdOrPath.parse(place)) for place, action in asked[::3]}
    assert not any(map(is_admitted, found)), found
    place, action = asked[0]
    one = question(asker.subject, place, action)
    assert asker.itself.post(EVALUATION, one).status_code == status
    assert asker.itself.post(EVALUATIONS, {"evaluations": [one]}).status_code == status
    assert asker.itself.post(f"{SEARCH}action", one).status_code == status
    assert not any(row["decision"] for row in ask_many(asker.reader, asker.subject, asked))


def require_requests_agree(asker: Asker, rows: dict[Question, dict[str, Any]], asked: Sequence[Question]) -> None:
    # While the switch is off the registry's API ignores job tokens (contract/README.md decision 3); no answer does.
    with stop_behind_the_gate():
        for place, action in asked:
            if NEEDS[action].own_project and not load.is_switch_on():
                continue
            status, row = request(asker.secret, action, IdOrPath.parse(place)), rows[place, action]
            assert is_admitted(status) is row["allowed"], (place, action, status, row)
            if action in routes() and not row["allowed"]:
                assert status == row["status"], (place, action, status, row)


def require_evaluation_agrees(asker: Asker, rows: dict[Question, dict[str, Any]], asked: Sequence[Question]) -> None:
    for one, answer in zip(rows, ask_many(asker.itself, asker.subject, list(rows)), strict=True):
        row, context = rows[one], answer["context"]
        assert answer["decision"] is row["allowed"], one
        assert [context.get(name) for name in ("reason", "status", "trial")] == [
            row[name] for name in ("message", "status", "trial")
        ], one
    for place, action in asked[::2]:
        answer = asker.itself.post(EVALUATION, question(asker.subject, place, action)).json()
        assert answer["decision"] is rows[place, action]["allowed"], (place, action)


def require_searches_of_the_job_agree(asker: Asker, rows: dict[Question, dict[str, Any]], world: World) -> None:
    allowed = {one for one, row in rows.items() if row["allowed"]}
    require_found(asker.itself, asker.subject, allowed, world)
    for place, action in list(rows)[asker.job % 7 :: 61]:
        body = question(asker.subject, place, action) | {"subject": {"type": "job"}}
        found = search(asker.itself, "subject", **body)
        assert found == ({str(asker.job)} if (place, action) in allowed else set()), (place, action)


def require_found(api: Api, subject: dict[str, str], allowed: set[Question], world: World) -> None:
    """By the searches for what may be done in each place, and where each thing may be done."""
    for place in world.places[len(allowed) % 2 :: 2]:
        names = {action.name.lower() for at, action in allowed if at == place}
        assert search(api, "action", subject=subject, resource=entity("project", place)) == names, place
    often = Counter(action for _, action in allowed)
    for action in sorted(JOB_ACTIONS, key=lambda action: -often[action])[::4]:
        body = {"subject": subject, "action": {"name": action.name.lower()}, "resource": {"type": "project"}}
        where = {world.paths[at] for at, what in allowed if what is action and at in world.paths}
        assert search(api, "resource", **body) == where, action


def require_people_see_the_same(asker: Asker, rows: dict[Question, dict[str, Any]], world: World) -> set[Question]:
    """What a reader is told that the job may do: they use its token from nowhere, so that address decides nothing."""
    admitted = set()
    for one, answer in zip(rows, ask_many(asker.reader, asker.subject, list(rows)), strict=True):
        place, action = one
        # A job is refused another project's images before anybody looks whether it was the name of its own.
        if not (NEEDS[action].own_project and place in world.former):
            is_elsewhere = rule_of(rows[one]) == "located"
            assert answer["decision"] is (rows[one]["allowed"] or is_elsewhere), (one, rows[one], answer)
        if answer["decision"]:
            admitted.add(one)
    return admitted


def require_jobs_are_found(reader: Api, yes: dict[str, set[Question]], world: World, seed: int) -> None:
    for place in world.places:
        for action in JOB_ACTIONS[seed % 9 :: 9]:
            body = question({}, place, action) | {"subject": {"type": "job"}}
            assert search(reader, "subject", **body) == {
                job for job, admitted in yes.items() if (place, action) in admitted
            }


def require_explanations_agree(asker: Asker, admitted: set[Question], asked: Sequence[Question], world: World) -> int:
    """An explanation is about any job of the project and person: one that has its whole token, and meets no condition.
    The number that could be compared."""
    compared = 0
    for place, action in asked[::2]:
        known = load.job_facts([digest(asker.secret)], IdOrPath.parse(world.paths.get(place, place)))
        assert known is not None
        caller, facts, _ = known
        assert caller.person is not None
        body = {"source": str(caller.project_id), "target": place, "action": action.name.lower()}
        answer = asker.reader.post("/token_access/explain", {**body, "username": caller.person.username})
        # Whose role it is about is told to maintainers of the target: to nobody of what is not there.
        allowed = answer.status_code != 403 and answer.json()["allowed"]
        may, has_conditions = (place, action) in admitted, facts.entry is not None and bool(facts.entry.conditions)
        if caller.narrowing is None and not has_conditions:
            assert allowed is may, (place, action, answer.content)
            compared += 1
        elif has_conditions:
            assert may or caller.narrowing is not None or not allowed, (place, action, answer.content)
    return compared


@pytest.mark.parametrize("seed", [19])
def test_whoever_asks_about_a_person_learns_what_their_own_request_meets(db: None, seed: int) -> None:
    world, chief = make_world(seed), User.objects.get(username="u2")
    reader = Api(token=token_for(chief))
    allowed = 0
    for number, user in enumerate(User.objects.order_by("pk")):
        asked, subject, secret = world.questions[number::SHARE], entity("user", user.username), token_for(user)
        admitted = {one for one, row in zip(asked, ask_many(reader, subject, asked), strict=True) if row["decision"]}
        with stop_behind_the_gate():
            for place, action in asked:
                status = request(secret, action, IdOrPath.parse(place))
                assert is_admitted(status) is ((place, action) in admitted), (user, place, action, status)
        if not user.is_active:
            assert admitted == set()
            continue
        by_themselves = ask_many(Api(token=secret), subject, asked)
        assert admitted == {one for one, row in zip(asked, by_themselves, strict=True) if row["decision"]}
        every = world.questions
        rows = zip(every, ask_many(reader, subject, every), strict=True)
        require_found(reader, subject, {one for one, row in rows if row["decision"]}, world)
        allowed += len(admitted)
    assert allowed


@pytest.mark.parametrize("seed", [7])
def test_an_explanation_is_for_whom_evaluation_answers_and_says_the_same(db: None, seed: int) -> None:
    world, seen = make_world(seed), Counter[str]()
    sources = [*world.paths, "no/such"]
    for number, user in enumerate(User.objects.filter(is_active=True)):
        api = Api(token=token_for(user))
        for turn, (place, action) in enumerate(world.questions[number * 3 :: 13]):
            source = sources[turn % len(sources)]
            answer = api.post(EVALUATION, question(entity("project", source), place, action)).json()
            body = {"source": source, "target": place, "action": action.name.lower()}
            explained = api.post("/token_access/explain", body)
            if explained.status_code == 200:
                row = explained.json()
                assert answer["decision"] is row["allowed"], body
                assert answer["context"]["steps"] == row["steps"], body
                assert (answer["context"]["trial"] is not None) is row["trial"], body
            else:
                assert (answer["decision"], answer["context"]["reason"]) == (False, UNANSWERED), body
            seen[f"{explained.status_code} {answer['decision']}"] += 1
    assert {"200 True", "200 False", "403 False", "404 False"} <= seen.keys(), seen
