"""AuthZEN's searches: who may, where and what, page by page; and that they find what evaluation says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from identity.models import User
from identity.secrets import digest
from jobs.models import Job
from jobs.policy_caller import caller_of
from projects.models import Project
from tests.factories import jobs, people, projects
from tests.factories.cast import Cast
from tests.support.access_world import generate_world
from tests.support.client import Api
from tests.support.orm_facts import facts_between
from tokenaccess.access import facts as load
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.allowlist import services
from tokenaccess.explanation import search
from tokenaccess.explanation.search import Found, Position
from tokenaccess.explanation.subjects import Question, SubjectKind, judge_subjects
from tokenaccess.models import AuthorizationRecord, RefusalRecord
from tokenaccess.policy import Action, decide
from tokenaccess.policy.levels import InboundMode, Role

SEARCH = "/access/v1/search/"
PROJECT = {"type": "project"}
LIBRARY = {"type": "project", "id": "acme/library"}
READ = {"name": "read_packages"}
SOME = [Action.READ_PACKAGES, Action.DOWNLOAD_CODE, Action.WRITE_PACKAGES, Action.READ_RELEASES, Action.READ_JOBS]


def pages(api: Api, what: str, body: dict[str, Any], limit: int = 100) -> Iterator[list[Any]]:
    """The results of page after page."""
    page: dict[str, Any] = {"limit": limit}
    while True:
        answer = api.post(SEARCH + what, {**body, "page": page})
        assert answer.status_code == 200, answer.content
        found = answer.json()
        assert found["page"]["count"] == len(found["results"]) <= limit
        yield found["results"]
        if not found["page"]["next_token"]:
            return
        page = {**page, "token": found["page"]["next_token"]}


def results(api: Api, what: str, **body: Any) -> list[str]:
    """Ids or names, in order."""
    return [one.get("id") or one["name"] for page in pages(api, what, body) for one in page]


def test_a_person_finds_where_they_may_and_what(cast: Cast, api: Any) -> None:
    me = {"type": "user", "id": "developer"}
    writes = results(api(cast.developer), "resource", subject=me, action={"name": "write_packages"}, resource=PROJECT)
    assert sorted(writes) == ["acme/app", "acme/library"]
    may = results(api(cast.developer), "action", subject=me, resource=LIBRARY)
    assert may == sorted(may)
    assert {"read_packages", "write_packages"} <= set(may)
    assert "delete_packages" not in may


def test_a_maintainer_finds_who_may(cast: Cast, api: Any) -> None:
    me = api(cast.maintainer)
    who = {"subject": {"type": "user"}, "action": {"name": "write_packages"}, "resource": LIBRARY}
    assert {"developer", "maintainer", "owner"} <= set(results(me, "subject", **who))
    assert "guest" not in results(me, "subject", **who)
    # To others they themselves are all who may.
    assert results(api(cast.developer), "subject", **who) == ["developer"]
    assert results(api(cast.guest), "subject", **who) == []


def test_projects_and_running_jobs_are_found_as_the_list_admits_them(cast: Cast, api: Any) -> None:
    me = api(cast.maintainer)
    running, _ended = jobs.job(cast.app, cast.developer), jobs.job(cast.app, cast.developer, "success")
    projects_ = {"subject": PROJECT, "action": READ, "resource": LIBRARY}
    running_jobs = {**projects_, "subject": {"type": "job"}}
    assert results(me, "subject", **projects_) == ["acme/library"]
    assert results(me, "subject", **running_jobs) == []
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert sorted(results(me, "subject", **projects_)) == ["acme/app", "acme/library"]
    assert results(me, "subject", **running_jobs) == [str(running.pk)]
    where = {"subject": {"type": "job", "id": str(running.pk)}, "action": READ, "resource": PROJECT}
    assert sorted(results(me, "resource", **where)) == ["acme/app", "acme/library"]


def test_a_job_finds_only_what_it_may_itself(cast: Cast, secret: Project) -> None:
    job = jobs.job(cast.app, cast.developer)
    me = Api(job=jobs.token_of(job))
    itself = {"type": "job", "id": str(job.pk)}
    where: dict[str, Any] = {"subject": itself, "action": READ, "resource": PROJECT}
    assert results(me, "resource", **where) == ["acme/app"]
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert sorted(results(me, "resource", **where)) == ["acme/app", "acme/library"]
    assert "read_packages" in results(me, "action", subject=itself, resource=LIBRARY)
    assert results(me, "subject", subject={"type": "job"}, action=READ, resource=LIBRARY) == [str(job.pk)]
    for other in ({"type": "job", "id": str(job.pk + 1)}, {"type": "user", "id": "developer"}):
        assert results(me, "resource", **{**where, "subject": other}) == []
        assert results(me, "action", subject=other, resource=LIBRARY) == []
    assert results(me, "subject", subject={"type": "user"}, action=READ, resource=LIBRARY) == []
    hidden = {"type": "project", "id": secret.full_path}
    assert results(me, "action", subject=itself, resource=hidden) == []
    assert not AuthorizationRecord.objects.exists()
    assert not RefusalRecord._base_manager.exists()


def test_a_job_s_page_takes_few_statements_and_ends_at_the_same_id_whatever_admits_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    monkeypatch.setattr(search, "JOB_SPAN", 4)
    more = [projects.project(f"p{number}", group=cast.acme, by=cast.owner) for number in range(9)]
    job = jobs.job(cast.app, cast.owner)
    assert jobs.token_of(job)
    caller = caller_of(job)
    ends = []
    for listed in ([], more[2:5]):
        for project in listed:
            services.add_entry(project, cast.app, by=cast.owner)
        at, found, pages = Position(0, 100), [], []
        for _ in range(20):
            with django_assert_max_num_queries(7):
                page = search.search_resources_of_job(caller, Action.READ_PACKAGES, at)
            found += page.names
            pages.append(page.next)
            if not page.next:
                break
            at = Position(page.next, 100)
        assert set(found) == {"acme/app", *(project.full_path for project in listed)}
        ends.append(pages)
    assert ends[0] == ends[1]


def test_what_is_hidden_is_found_by_nobody_and_no_token_leads_there(cast: Cast, api: Any, secret: Project) -> None:
    services.set_inbound_mode(secret, InboundMode.OPEN, by=None)
    me = api(cast.maintainer)
    for what, body in (
        ("subject", {"subject": {"type": "user"}, "action": READ}),
        ("subject", {"subject": PROJECT, "action": READ}),
        ("action", {"subject": {"type": "user", "id": "maintainer"}}),
        ("action", {"subject": {"type": "project", "id": "acme/app"}}),
    ):
        answers = []
        for place in (secret.full_path, "far/nothing"):
            answers.append(me.post(SEARCH + what, {**body, "resource": {"type": "project", "id": place}}).json())
        assert answers[0] == answers[1] == {"results": [], "page": {"next_token": "", "count": 0}}
    where = {"subject": {"type": "project", "id": secret.full_path}, "action": READ, "resource": PROJECT}
    assert results(me, "resource", **where) == []


def test_the_bot_of_a_token_is_found_where_it_is_a_member_only(cast: Cast, api: Any) -> None:
    public = projects.project("open", group=projects.group("open"), visibility=20)
    projects.members({cast.maintainer: Role.MAINTAINER}, public)
    bot = people.person("project_99_bot", is_bot=True, is_external=True)
    me = api(cast.maintainer)
    who = {"subject": {"type": "user"}, "action": READ, "resource": {"type": "project", "id": "open/open"}}
    assert "project_99_bot" not in results(me, "subject", **who)
    one = {**who, "subject": {"type": "user", "id": "project_99_bot"}}
    absent = {**who, "subject": {"type": "user", "id": "nobody"}}
    assert me.post("/access/v1/evaluation", one).json() == me.post("/access/v1/evaluation", absent).json()
    projects.members({bot: Role.REPORTER}, public)
    assert "project_99_bot" in results(me, "subject", **who)


@pytest.mark.parametrize("seed", [3, 8])
def test_search_finds_what_evaluation_says_over_a_generated_world(db: None, seed: int) -> None:
    tokens, _ = generate_world(random.Random(seed))
    found = 0
    for reader in User.objects.exclude(username="root"):
        names = [(SubjectKind.USER, user.username) for user in User.objects.all()]
        names += [(SubjectKind.PROJECT, project.full_path) for project in Project.objects.all()]
        names += [(SubjectKind.JOB, str(job.pk)) for job in Job.objects.order_by("pk")[:4]]
        places = list(Project.objects.order_by("pk"))
        for action in SOME[:3]:
            said = evaluate(reader, names, action, places)
            for kind, name in names:
                where = everything(search.search_resources, reader, kind, name, action)
                assert where == [place.full_path for place in places if (name, place.full_path) in said]
                found += len(where)
            for place in places:
                for kind in SubjectKind:
                    who = everything(search.search_subjects, reader, kind, action, IdOrPath("id", place.pk))
                    known = {name for one, name in names if one is kind and (name, place.full_path) in said}
                    assert known == set(who) & {name for _, name in names}
        for kind, name in names[::3]:
            for place in places:
                what = search.search_actions(reader, kind, name, IdOrPath("id", place.pk), Position(0, 100)).names
                asked = [Question(kind, name, action, IdOrPath("id", place.pk)) for action in SOME]
                verdicts = judge_subjects(reader, asked)
                allowed = {v.decision.action.name.lower() for v in verdicts if v is not None and v.decision.allowed}
                assert allowed == set(what) & {action.name.lower() for action in SOME}
    assert found
    for token in tokens:
        job = load.own_job([digest(token)])
        assert job is not None
        for action in SOME:
            alone = [load.job_facts([digest(token)], IdOrPath("id", place.pk)) for place in places]
            allowed = {
                one[1].target.path for one in alone if one and decide(job[0], action, one[1]).allowed and one[1].target
            }
            assert set(everything(search.search_resources_of_job, job[0], action)) == allowed


def evaluate(reader: User, names: Any, action: Action, places: list[Project]) -> set[tuple[str, str]]:
    cases = [(kind, name, place) for kind, name in names for place in places]
    asked = [Question(kind, name, action, IdOrPath("id", place.pk)) for kind, name, place in cases]
    verdicts = zip(cases, judge_subjects(reader, asked), strict=True)
    return {(name, place.full_path) for (_, name, place), v in verdicts if v is not None and v.decision.allowed}


def everything(find: Any, *asked: Any) -> list[str]:
    """In pages of two."""
    at, names = Position(0, 2), []
    while True:
        found: Found = find(*asked, at)
        names += found.names
        if not found.next:
            return names
        assert found.next > at.after
        at = Position(found.next, 2)


@pytest.mark.parametrize("seed", range(2))
def test_the_facts_of_many_pairs_are_those_of_each(db: None, seed: int, django_assert_num_queries: Any) -> None:
    generate_world(random.Random(seed))
    places = list(Project.objects.order_by("pk"))
    people_ = list(User.objects.all())
    cases = [(source, user, target) for source in places for user in people_ for target in places]
    real = [(job, target) for job in Job.objects.select_related("project", "user") for target in places]
    pairs = [JobOnProject(target.pk, source.pk, user.pk) for source, user, target in cases]
    pairs += [JobOnProject(target.pk, job=job.pk) for job, target in real]
    gone = [JobOnProject(places[0].pk, places[0].pk, job=2**40), JobOnProject(2**40, places[0].pk)]
    load.job_facts_of_pairs(gone + pairs[:1])  # the first one that meets group rules is asked twice
    load.job_facts_of_pairs(pairs)
    with django_assert_num_queries(1):
        found = load.job_facts_of_pairs(pairs + gone)
    assert found[len(pairs) :] == [None, None]
    for (source, user, target), one in zip(cases, found, strict=False):
        caller = caller_of(Job(project=source, user=user, status="running"))._replace(id=0)
        expected = None if target.pending_deletion else (caller, facts_between(source, user, target))
        assert one is None if expected is None else one is not None and _plain(one) == _plain(expected)
    for (job, target), one in zip(real, found[len(cases) : len(pairs)], strict=True):
        assert one == load.starting_job_facts(job.pk, IdOrPath("id", target.pk)) or target.pending_deletion


def _plain(case: Any) -> Any:
    """Without what only a row of the person's account has."""
    caller, facts = case
    return caller._replace(person=caller.person and caller.person._replace(bot=False)), facts


def test_pages_follow_each_other_and_tokens_are_of_one_search(cast: Cast, api: Any) -> None:
    me = api(cast.maintainer)
    body: dict[str, Any] = {"subject": {"type": "user", "id": "maintainer"}, "action": READ, "resource": PROJECT}
    one_by_one = [page[0]["id"] for page in pages(me, "resource", body, limit=1) if page]
    assert one_by_one == results(me, "resource", **body)
    token = me.post(SEARCH + "resource", {**body, "page": {"limit": 1}}).json()["page"]["next_token"]
    assert token
    other = {**body, "action": {"name": "download_code"}}
    for asker, question, wrong in (
        (me, other, token),
        (api(cast.owner), body, token),
        (me, body, token + "x"),
        (me, body, "x"),
    ):
        answer = asker.post(SEARCH + "resource", {**question, "page": {"token": wrong}})
        assert (answer.status_code, "page[token]" in answer.json()["error"]) == (400, True)
    assert me.post(SEARCH + "resource", {**body, "page": {"token": "", "limit": 10**6}}).status_code == 200
    for page in ({"limit": 0}, {"limit": "x"}, {"token": 7}, "x"):
        assert me.post(SEARCH + "resource", {**body, "page": page}).status_code == 400, page


def test_a_page_looks_at_so_many_and_no_more(cast: Cast, api: Any, monkeypatch: Any) -> None:
    """Where many projects might be found and few are, a page may hold none and go on."""
    group = projects.group("many", visibility=20)
    for number in range(6):
        projects.project(f"m{number}", group=group, visibility=20, package_registry_access_level=20)
    monkeypatch.setattr(search, "CHUNK", 2)
    monkeypatch.setattr(search, "MAX_CANDIDATES", 2)
    body = {"subject": {"type": "user", "id": "outsider"}, "action": READ, "resource": PROJECT}
    everything_ = [one["id"] for page in pages(api(cast.outsider), "resource", body, limit=3) for one in page]
    assert [name for name in everything_ if name.startswith("many/")] == [f"many/m{number}" for number in range(6)]


def test_searches_take_a_fixed_number_of_statements(cast: Cast, api: Any, django_assert_max_num_queries: Any) -> None:
    group = projects.group("many", visibility=20)
    for number in range(30):
        projects.project(f"m{number}", group=group, visibility=20)
    me = api(cast.maintainer)
    bodies = {
        "subject": {"subject": PROJECT, "action": READ, "resource": LIBRARY},
        "resource": {"subject": {"type": "project", "id": "acme/app"}, "action": READ, "resource": PROJECT},
        "action": {"subject": {"type": "user", "id": "developer"}, "resource": LIBRARY},
    }
    for what, body in bodies.items():
        me.post(SEARCH + what, body)
        with django_assert_max_num_queries(9):
            me.post(SEARCH + what, body)


def test_what_is_missing_is_named_and_an_unknown_type_finds_nothing(cast: Cast, api: Any) -> None:
    me = api(cast.developer)
    who = {"type": "user", "id": "developer"}
    missing: list[tuple[str, dict[str, Any], str]] = [
        ("subject", {"subject": {"type": "user"}, "resource": LIBRARY}, "action is missing"),
        ("subject", {"action": READ, "resource": LIBRARY}, "subject is missing"),
        ("subject", {"subject": {}, "action": READ, "resource": LIBRARY}, "subject[type] is missing"),
        ("subject", {"subject": {"type": "user"}, "action": READ, "resource": PROJECT}, "resource[id] is missing"),
        ("resource", {"action": READ, "resource": PROJECT}, "subject is missing"),
        ("resource", {"subject": {"type": "user"}, "action": READ, "resource": PROJECT}, "subject[id] is missing"),
        ("resource", {"subject": who, "action": READ}, "resource is missing"),
        ("resource", {"subject": who, "action": {"name": "fly"}, "resource": PROJECT}, "action[name]"),
        ("action", {"subject": who}, "resource is missing"),
        ("action", {"subject": who, "resource": {"type": "project", "id": 7}}, "resource[id] is invalid"),
    ]
    for what, body, fault in missing:
        answer = me.post(SEARCH + what, body)
        assert (answer.status_code, fault in answer.json()["error"]) == (400, True), (what, body, answer.content)
    for raw in (b"", b"{", b"[]"):
        assert me.post(SEARCH + "action", raw).status_code == 400
    assert (
        me.post(SEARCH + "action", {"subject": who, "resource": LIBRARY}, content_type="text/plain").status_code == 400
    )
    ship = {"type": "spaceship"}
    assert results(me, "subject", subject=ship, action=READ, resource=LIBRARY) == []
    assert results(me, "resource", subject=who, action=READ, resource=ship) == []
    assert results(me, "action", subject={**ship, "id": "x"}, resource=LIBRARY) == []
    assert results(me, "action", subject={"type": "user", "id": "nonexistent"}, resource=LIBRARY) == []
    more = {"subject": {**who, "properties": {"a": 1}, "x": 1}, "resource": LIBRARY, "context": {"ip": "::1"}, "y": [1]}
    named = me.post(SEARCH + "action", more, headers={"X-Request-ID": "bfe9"})
    assert (named.status_code, named["X-Request-ID"]) == (200, "bfe9")
    # The open part may have an id, and it is not read.
    assert results(me, "resource", subject=who, action=READ, resource={**PROJECT, "id": "x"})
    assert Api().post(SEARCH + "action", {"subject": who, "resource": LIBRARY}).status_code == 401
    assert me.get(SEARCH + "subject").status_code == 405
