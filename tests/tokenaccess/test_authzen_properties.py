"""Properties of AuthZEN's questions: who is told what somebody else's role would open, what is known and what is wrong,
and that they neither cost more statements nor tell of what is hidden."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.models import User
from jobs.models import Job
from projects.models import Project, ProtectedRef
from resources.packages.models import PackageProtectionRule
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.support.access_world import generate_world
from tests.support.client import Api
from tests.tokenaccess.test_authzen_search import results
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import services
from tokenaccess.explanation import search
from tokenaccess.explanation.details import Properties
from tokenaccess.explanation.search import Position
from tokenaccess.explanation.subjects import Question, SubjectKind, judge_subjects
from tokenaccess.policy import Action
from tokenaccess.policy.levels import InboundMode, Role

ONE, MANY, SEARCH = "/access/v1/evaluation", "/access/v1/evaluations", "/access/v1/search/"
PROJECT = {"type": "project"}
MAIN = {"properties": {"ref": "main"}}
TOOL = {"properties": {"package_type": "generic", "package_name": "tool"}}


@pytest.fixture
def library(cast: Cast) -> Project:
    """Its main branch and its package `tool` are for maintainers."""
    cast.library.protected_refs.update(push_level=40, merge_level=40)
    PackageProtectionRule.objects.create(
        project=cast.library, kind="generic", name_pattern="tool", min_push_role=Role.MAINTAINER
    )
    return cast.library


def question(kind: str, who: Any, what: str = "push_code", on: str = "acme/library", **parts: Any) -> dict[str, Any]:
    """`parts`: members to add to the subject, action or resource."""
    asked = {
        "subject": {"type": kind, "id": str(who)},
        "action": {"name": what},
        "resource": {"type": "project", "id": on},
    }
    return {name: {**entity, **parts.get(name, {})} for name, entity in asked.items()}


def role(name: Any) -> dict[str, Any]:
    return {"properties": {"role": name}}


def decide(api: Api, *asked: Any, **parts: Any) -> dict[str, Any]:
    answer = api.post(ONE, question(*asked, **parts))
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def test_maintainers_learn_what_another_role_would_open(cast: Cast, api: Any, library: Project) -> None:
    me = api(cast.maintainer)
    for name, decision in (("none", False), ("reporter", False), ("developer", False), ("maintainer", True)):
        reply = decide(me, "user", "developer", subject=role(name), resource=MAIN)
        assert reply["decision"] is decision, name
    assert "may not push to it" in decide(me, "user", "developer", resource=MAIN)["context"]["reason"]
    # Nobody's own role is left: not an administrator's, not one's own.
    assert (cast.admin.is_superuser, cast.outsider.is_superuser) == (True, False)
    assert decide(me, "user", "admin", subject=role("guest"))["decision"] is False
    assert decide(me, "user", "maintainer", subject=role("guest"))["decision"] is False
    assert decide(me, "user", "outsider", subject=role("developer"))["decision"] is True


def test_a_job_is_judged_with_the_supposed_role_of_its_person(cast: Cast, api: Any, library: Project) -> None:
    services.add_entry(library, cast.app, by=cast.owner)
    job = jobs.job(cast.app, cast.guest)
    me = api(cast.maintainer)
    for kind, name in (("job", job.pk), ("project", "acme/app")):
        asked = (kind, name, "write_packages")
        for supposed, decisions in (("guest", [False] * 2), ("developer", [False, True]), ("owner", [True] * 2)):
            reply = [decide(me, *asked, subject=role(supposed), action=one)["decision"] for one in (TOOL, {})]
            assert reply == decisions, (kind, supposed)


def test_a_role_is_supposed_for_maintainers_of_the_target_only(cast: Cast, api: Any, secret: Project) -> None:
    """All others are answered as about what is not there: by their own job too, and of themselves."""
    services.set_inbound_mode(secret, InboundMode.OPEN, by=None)
    elsewhere = projects.project("mine", group=projects.group("mine"), visibility=20)
    projects.members({cast.developer: Role.MAINTAINER}, elsewhere)
    job = jobs.job(cast.app, cast.maintainer)
    own = Api(job=jobs.token_of(job))
    absent = decide(api(cast.developer), "user", "nobody", "push_code", "far/nothing")
    asked: list[tuple[Api, str, Any, str]] = [
        (api(cast.developer), "user", "developer", "acme/library"),
        (api(cast.developer), "user", "maintainer", "acme/library"),
        (api(cast.developer), "project", "mine/mine", "acme/library"),
        (api(cast.maintainer), "user", "maintainer", secret.full_path),
        (api(cast.maintainer), "project", "acme/app", secret.full_path),
        (api(cast.outsider), "user", "outsider", "mine/mine"),
        (own, "job", job.pk, "acme/app"),
        (own, "job", job.pk, "acme/library"),
    ]
    for who, kind, name, place in asked:
        assert decide(who, kind, name, "push_code", place, subject=role("owner")) == absent, (kind, name, place)
    for who, kind, name, place in asked:
        entity, there = {"type": kind, "id": str(name), **role("owner")}, {**PROJECT, "id": place}
        assert results(who, "action", subject=entity, resource=there) == []
        searched = {"type": kind, **role("owner")}
        assert results(who, "subject", subject=searched, action={"name": "push_code"}, resource=there) == []
    mine = {"type": "user", "id": "developer", **role("owner")}
    found = results(api(cast.developer), "resource", subject=mine, action={"name": "push_code"}, resource=PROJECT)
    assert found == ["mine/mine"]
    mine = {"type": "job", "id": str(job.pk), **role("owner")}
    assert results(own, "resource", subject=mine, action={"name": "push_code"}, resource=PROJECT) == []


def test_details_do_not_distinguish_hidden_from_absent(cast: Cast, api: Any, secret: Project) -> None:
    """Neither the answer nor the statements, to a job and to a person."""
    services.set_inbound_mode(secret, InboundMode.OPEN, by=None)
    ProtectedRef.objects.create(project=secret, kind="branch", name="*", push_level=50)
    PackageProtectionRule.objects.create(project=secret, kind="generic", name_pattern="*", min_push_role=50)
    job = jobs.job(cast.app, cast.developer)
    own = Api(job=jobs.token_of(job))
    for who, kind, name in (
        (own, "job", job.pk),
        (api(cast.maintainer), "job", job.pk),
        (api(cast.maintainer), "user", "maintainer"),
        (api(cast.maintainer), "project", "acme/app"),
    ):
        for action, part in (("push_code", MAIN), ("write_packages", TOOL)):
            reply = []
            for place in (secret.full_path, "far/nothing"):
                decide(who, kind, name, action, place, resource=part)
                with CaptureQueriesContext(
                    connection,
                ) as asked:
                    answer = decide(who, kind, name, action, place, resource=part)
                answer["context"].pop("access_reason", None)
                reply.append((answer, len(asked)))
            assert reply[0] == reply[1], (kind, action)
            assert reply[0][0]["decision"] is False


def test_a_refusal_without_details_does_not_reveal_a_protection(cast: Cast, api: Any, library: Project) -> None:
    for part in (MAIN, {"properties": {"ref": "topic"}}, {}):
        reply = decide(api(cast.guest), "user", "guest", resource=part)
        assert reply["context"]["reason"] == "guest is guest there; it takes developer."


def test_many_questions_with_details_take_as_many_statements_as_few(
    cast: Cast, api: Any, library: Project, django_assert_num_queries: Any
) -> None:
    """One more for the refs, and one for the packages; of a job and of a person."""
    job = jobs.job(cast.app, cast.developer)
    place, nowhere = str(library.pk), "far/nothing"
    own, me = Api(job=jobs.token_of(job)), api(cast.maintainer)
    few = [
        question("job", job.pk, "push_code", place, action=MAIN),
        question("job", job.pk, "write_packages", str(cast.app.pk), resource=TOOL),
        question("job", job.pk, "push_code", nowhere, action=MAIN),
    ]
    for who, plain in ((own, 5), (me, 7)):
        bare = [
            {**one, "action": {"name": one["action"]["name"]}, "resource": {**one["resource"], "properties": {}}}
            for one in few
        ]
        for rows, more in ((bare, 0), (few, 2), (few * 33, 2)):
            who.post(MANY, {"evaluations": rows})
            with django_assert_num_queries(plain + more):
                assert len(who.post(MANY, {"evaluations": rows}).json()["evaluations"]) == len(rows)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"subject": role("admin")}, "subject[properties][role] does not have a valid value: none, guest"),
        ({"subject": role(40)}, "subject[properties][role] does not have a valid value"),
        ({"subject": role("")}, "subject[properties][role] is empty"),
        ({"subject": {"properties": "x"}}, "subject[properties] is invalid"),
        ({"action": {"properties": {"ref": 7}}}, "action[properties][ref] is invalid"),
        ({"action": {"properties": {"ref": ""}}}, "action[properties][ref] is empty"),
        ({"action": {"properties": {"ref": "a..b"}}}, "action[properties][ref] is invalid"),
        ({"action": {"properties": {"ref": "a" * 40}}}, "action[properties][ref] is invalid"),
        ({"action": {"properties": {"ref": "a\0b"}}}, "action[properties][ref] is invalid"),
        ({"resource": {"properties": {"ref_type": "tag"}}}, "resource[properties][ref] is missing"),
        ({"resource": {"properties": {"ref": "x", "ref_type": "note"}}}, "[ref_type] does not have a valid value: b"),
        ({"resource": {"properties": {"ref": "refs/tags/x", "ref_type": "branch"}}}, "[ref_type] contradicts ref"),
        ({"action": {"properties": {"force": True}}}, "action[properties][ref] is missing"),
        ({"action": {"properties": {"ref": "x", "force": "yes"}}}, "action[properties][force] is invalid"),
        ({"action": MAIN, "resource": {"properties": {"ref": "x"}}}, "resource[properties][ref] contradicts"),
        ({"resource": {"properties": {"package_type": "npm"}}}, "resource[properties][package_name] is missing"),
        ({"action": {"properties": {"package_name": "x"}}}, "action[properties][package_type] is missing"),
        ({"action": {"properties": {"package_name": "x", "package_type": "rpm"}}}, "[package_type] does not have a v"),
    ],
)
def test_a_wrong_value_is_named(cast: Cast, api: Any, parts: dict[str, Any], fault: str) -> None:
    asked = question("user", "developer", **parts)
    answer = api(cast.developer).post(ONE, asked)
    assert (answer.status_code, fault in answer.json()["error"]) == (400, True), answer.content
    rows = api(cast.developer).post(MANY, {"evaluations": [asked, question("user", "developer")]}).json()["evaluations"]
    assert [row["decision"] for row in rows] == [False, True]
    assert fault in rows[0]["context"]["error"]["message"]
    whole = {name: {**entity, "id": "x"} for name, entity in asked.items()}
    for what in ("subject", "resource"):
        assert api(cast.developer).post(SEARCH + what, whole).status_code == 400


def test_what_decides_nothing_is_named(cast: Cast, api: Any, library: Project) -> None:
    me = api(cast.developer)
    reply = decide(me, "user", "developer", "read_packages", subject={"properties": {"team": 1}}, resource=MAIN)
    assert (reply["decision"], reply["context"]["ignored_properties"]) == (True, ["subject.team", "resource.ref"])
    reply = decide(me, "user", "developer", "trigger_pipeline", action={"properties": {"ref": "topic", "force": True}})
    assert (reply["decision"], reply["context"]["ignored_properties"]) == (True, ["action.force"])
    branch = {"properties": {"ref": "main", "ref_type": "branch"}}
    reply = decide(me, "user", "developer", "manage_releases", resource=branch)
    assert (reply["decision"], reply["context"]["ignored_properties"]) == (True, ["resource.ref", "resource.ref_type"])
    read: list[dict[str, Any]] = [{"properties": {}}, {"properties": {"ref": "topic"}}, {}]
    for nothing in read:
        reply = decide(me, "user", "developer", resource=nothing)
        assert (reply["decision"], "ignored_properties" in reply["context"]) == (True, False)


def test_names_of_properties_are_given_back_in_reason(cast: Cast, api: Any) -> None:
    """However many, long or odd they are, and also of what may not be asked."""
    many = {"sudo": True, "page": 1, "x" * 500: {"y": [1]}, **{f"n{number}": 0 for number in range(31)}}
    for kind, name in (("user", "developer"), ("user", "nobody")):
        reply = decide(api(cast.developer), kind, name, resource={"properties": many})
        ignored = reply["context"]["ignored_properties"]
        assert ignored[:2] == ["resource.sudo", "resource.page"]
        assert (len(ignored), ignored[-1], max(map(len, ignored))) == (21, "and 14 more", 60)
    where = {"type": "user", "id": "developer", "properties": {"team": "x"}}
    body = {"subject": where, "action": {"name": "push_code"}, "resource": PROJECT}
    found = api(cast.developer).post(f"{SEARCH}resource", body).json()
    assert found["context"] == {"ignored_properties": ["subject.team"]}
    assert found["results"]


def test_searches_find_by_properties(cast: Cast, api: Any, library: Project) -> None:
    push = {"name": "push_code"}
    me = {"type": "user", "id": "developer"}
    assert results(api(cast.developer), "resource", subject=me, action=push, resource={**PROJECT, **MAIN}) == [
        "acme/app"
    ]
    assert results(api(cast.developer), "resource", subject=me, action={**push, **MAIN}, resource=PROJECT) == [
        "acme/app"
    ]
    there = {**PROJECT, "id": "acme/library", **MAIN}
    assert "push_code" not in results(api(cast.developer), "action", subject=me, resource=there)
    assert "push_code" in results(api(cast.maintainer), "action", subject={**me, **role("owner")}, resource=there)
    who = results(api(cast.maintainer), "subject", subject={"type": "user"}, action=push, resource=there)
    assert (who.count("maintainer"), "developer" in who) == (1, False)
    anyone = {"type": "user", **role("maintainer")}
    assert cast.outsider.username in results(
        api(cast.maintainer), "subject", subject=anyone, action=push, resource=there
    )


def test_a_page_is_of_the_properties_it_began_with(cast: Cast, api: Any, library: Project) -> None:
    me = api(cast.maintainer)
    body = {"subject": {"type": "user", "id": "maintainer"}, "action": {"name": "push_code"}, "resource": PROJECT}
    token = me.post(f"{SEARCH}resource", {**body, "page": {"limit": 1}}).json()["page"]["next_token"]
    changed = {**body, "resource": {**PROJECT, **MAIN}, "page": {"token": token}}
    answer = me.post(f"{SEARCH}resource", changed)
    assert (answer.status_code, "page[token]" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("seed", [4])
def test_searches_with_properties_find_what_evaluation_says(db: None, seed: int) -> None:
    generate_world(random.Random(seed))
    places = list(Project.objects.order_by("pk"))
    ProtectedRef.objects.filter(project__in=places[::2]).update(push_level=40)
    names = [(SubjectKind.USER, user.username) for user in User.objects.all()]
    names += [(SubjectKind.PROJECT, place.full_path) for place in places]
    names += [(SubjectKind.JOB, str(job.pk)) for job in Job.objects.order_by("pk")[:3]]
    found = 0
    for properties in (
        Properties(None, {"ref": "main"}),
        Properties(Role.DEVELOPER, {"ref": "main"}),
        Properties(Role.OWNER),
    ):
        for reader in User.objects.exclude(username="root"):
            cases = [(kind, name, place) for kind, name in names for place in places]
            asked = [
                Question(kind, name, Action.PUSH_CODE, IdOrPath("id", place.pk), properties)
                for kind, name, place in cases
            ]
            verdicts = zip(cases, judge_subjects(reader, asked), strict=True)
            said = {(name, place.full_path) for (_, name, place), one in verdicts if one and one.decision.allowed}
            found += len(said)
            for kind, name in names:
                where = search.search_resources(
                    reader, kind, name, Action.PUSH_CODE, Position(0, 100), properties
                ).names
                assert where == [place.full_path for place in places if (name, place.full_path) in said]
            for place in places:
                at = IdOrPath("id", place.pk)
                for kind in SubjectKind:
                    who = search.search_subjects(reader, kind, Action.PUSH_CODE, at, Position(0, 100), properties).names
                    known = {name for one, name in names if one is kind and (name, place.full_path) in said}
                    assert known == set(who) & {name for _, name in names}
                for kind, name in names[::3]:
                    what = search.search_actions(reader, kind, name, at, Position(0, 100), properties).names
                    assert ("push_code" in what) is ((name, place.full_path) in said)
    assert found
