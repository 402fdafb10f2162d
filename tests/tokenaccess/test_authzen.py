"""The AuthZEN Authorization API: decisions for programs that ask as the standard has it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from jobs.runners.job_tokens import narrow_token
from projects.models import Project
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.allowlist import services
from tokenaccess.models import AuthorizationRecord, RefusalRecord
from tokenaccess.policy.levels import InboundMode, Role
from tokenaccess.policy.narrowing import Narrowing

ONE, MANY = "/access/v1/evaluation", "/access/v1/evaluations"
LIBRARY = {"type": "project", "id": "acme/library"}
READ = {"name": "read_packages"}


def question(kind: str, name: Any, resource: str = "acme/library", action: str = "read_packages") -> dict[str, Any]:
    return {
        "subject": {"type": kind, "id": str(name)},
        "action": {"name": action},
        "resource": {"type": "project", "id": resource},
    }


def decide(api: Api, *asked: Any) -> dict[str, Any]:
    answer = api.post(ONE, question(*asked))
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def own_job(cast: Cast, **more: Any) -> tuple[Job, Api]:
    job = jobs.job(cast.app, cast.developer, **more)
    return job, Api(job=jobs.token_of(job))


def test_a_job_asks_about_itself_and_is_answered_in_the_words_of_the_request(cast: Cast) -> None:
    job, me = own_job(cast)
    refused = decide(me, "job", job.pk)
    real = me.get(f"/projects/{cast.library.pk}/packages/generic/a/1/f")
    assert refused["decision"] is False
    assert (refused["context"]["status"], refused["context"]["reason"]) == (real.status_code, real.json()["message"])
    services.add_entry(cast.library, cast.app, by=cast.owner)
    allowed = decide(me, "job", job.pk, str(cast.library.pk))
    assert (allowed["decision"], allowed["context"]["reason"]) == (True, None)


def test_to_a_job_a_hidden_project_is_as_an_absent_one(cast: Cast, secret: Project) -> None:
    job, me = own_job(cast)
    hidden, absent = decide(me, "job", job.pk, secret.full_path), decide(me, "job", job.pk, "far/nothing")
    for evaluation in (hidden, absent):
        evaluation["context"]["access_reason"] = len(evaluation["context"]["access_reason"])
    assert hidden == absent
    assert hidden["decision"] is False


def test_a_job_learns_of_nobody_else(cast: Cast) -> None:
    job, me = own_job(cast)
    other = jobs.job(cast.app, cast.developer)
    asked = [("job", other.pk), ("job", 0), ("job", f"0{job.pk}"), ("user", "developer"), ("project", "acme/app")]
    answers = [decide(me, *one, "acme/app") for one in asked]
    assert answers == [answers[0]] * len(asked)
    assert answers[0]["decision"] is False


def test_people_learn_of_a_job_what_explain_shows_them(cast: Cast, api: Any) -> None:
    job, _ = own_job(cast)
    evaluation = decide(api(cast.maintainer), "job", job.pk)
    assert evaluation["decision"] is False
    assert "allowlist" in evaluation["context"]["reason"]
    assert {step["rule"]: step["verdict"] for step in evaluation["context"]["steps"]}["admitted"] == "refused"
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert decide(api(cast.maintainer), "job", job.pk)["decision"] is True
    narrow_token(job.pk, Narrowing.parse("read_jobs"))
    assert "narrowed" in decide(api(cast.maintainer), "job", job.pk)["context"]["reason"]
    Job.objects.filter(pk=job.pk).update(status="success")
    assert decide(api(cast.maintainer), "job", job.pk)["context"]["reason"] == "The job is not running."


def test_people_learn_of_a_project_s_next_job(cast: Cast, api: Any) -> None:
    services.set_inbound_mode(cast.library, InboundMode.TRIAL, by=cast.owner)
    evaluation = decide(api(cast.maintainer), "project", cast.app.pk)
    assert evaluation["decision"] is True
    assert "allowlist" in evaluation["context"]["trial"]


def test_a_person_asks_about_themselves_and_a_maintainer_about_others(cast: Cast, api: Any) -> None:
    assert decide(api(cast.guest), "user", "guest", "acme/library", "write_packages")["decision"] is False
    assert decide(api(cast.developer), "user", "DEVELOPER", "acme/library", "write_packages")["decision"] is True
    assert decide(api(cast.maintainer), "user", "developer")["decision"] is True
    evaluation = decide(api(cast.maintainer), "user", "guest", "acme/library", "write_packages")
    assert "guest is guest there" in evaluation["context"]["reason"]


def test_who_may_not_ask_is_answered_as_of_what_is_not_there(cast: Cast, api: Any, secret: Project) -> None:
    job, _ = own_job(cast)
    far = jobs.job(secret, cast.admin)
    asked: list[tuple[Any, str, Any]] = [
        (cast.developer, "user", "maintainer"),
        (cast.maintainer, "user", "nobody"),
        (cast.outsider, "user", "outsider"),
        (cast.outsider, "job", job.pk),
        (cast.developer, "job", job.pk),
        (cast.maintainer, "job", far.pk),
        (cast.maintainer, "job", "9" * 40),
        (cast.developer, "project", "acme/app"),
        (cast.maintainer, "project", secret.full_path),
        (cast.maintainer, "project", "no/such"),
    ]
    answers = [decide(api(who), kind, name) for who, kind, name in asked]
    assert answers == [answers[0]] * len(asked)
    assert answers[0]["decision"] is False


def test_a_hidden_resource_is_answered_as_an_absent_one(cast: Cast, api: Any, secret: Project) -> None:
    services.set_inbound_mode(secret, InboundMode.OPEN, by=None)
    job, _ = own_job(cast)
    me = api(cast.maintainer)
    for kind, name in (("job", job.pk), ("user", "maintainer"), ("project", "acme/app")):
        hidden, absent = decide(me, kind, name, secret.full_path), decide(me, kind, name, "far/nothing")
        assert hidden == absent
        assert hidden["decision"] is False


def test_a_hidden_subject_is_answered_as_an_absent_one(cast: Cast, api: Any, secret: Project) -> None:
    """In as many statements."""
    hidden = jobs.job(secret, cast.owner)
    for who in (cast.outsider, cast.maintainer):
        for target in ("acme/library", "far/nothing", str(cast.library.pk)):
            replies = []
            for name in (hidden.pk, hidden.pk + 1000, "none"):
                decide(api(who), "job", name, target)
                with CaptureQueriesContext(connection) as asked:
                    replies.append((decide(api(who), "job", name, target), len(asked)))
            assert replies == [replies[0]] * len(replies), (who, target)


def test_the_role_of_the_job_s_person_elsewhere_is_shown_only_there(cast: Cast, api: Any) -> None:
    mine = projects.project("mine", group=projects.group("mine"), visibility=0)
    projects.members({cast.maintainer: Role.REPORTER}, mine)
    job, _ = own_job(cast)
    assert "not for you to ask" in decide(api(cast.maintainer), "job", job.pk, "mine/mine")["context"]["reason"]


def test_defaults_stand_at_the_top_and_order_is_kept(cast: Cast, api: Any) -> None:
    body = {
        "subject": {"type": "user"},
        "action": READ,
        "resource": LIBRARY,
        "context": {"time": "2026-01-01T00:00:00Z"},
        "evaluations": [
            {"subject": {"id": "developer"}},
            {"subject": {"type": "user", "id": "guest"}, "action": {"name": "write_packages"}},
            {"subject": {"type": "project", "id": "acme/library"}, "context": {}},
            {},
            {"subject": "developer"},
            "text",
        ],
    }
    evaluations = api(cast.maintainer).post(MANY, body).json()["evaluations"]
    assert [row["decision"] for row in evaluations] == [True, False, True, False, False, False]
    assert evaluations[3]["context"]["error"] == {"status": 400, "message": "subject[id] is missing"}
    assert "error" not in evaluations[1]["context"]


@pytest.mark.parametrize(
    ("semantic", "decisions"),
    [
        ("execute_all", [True, False, True]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_the_semantic_says_where_to_stop(cast: Cast, api: Any, semantic: str, decisions: list[bool]) -> None:
    job, me = own_job(cast)
    places = ["acme/app", "far/nothing", "acme/app"]
    body = {
        "subject": {"type": "job", "id": str(job.pk)},
        "action": READ,
        "evaluations": [{"resource": {"type": "project", "id": place}} for place in places],
        "options": {"evaluations_semantic": semantic, "other": 1},
    }
    assert [row["decision"] for row in me.post(MANY, body).json()["evaluations"]] == decisions
    body["subject"] = {"type": "project", "id": "acme/app"}
    assert [row["decision"] for row in api(cast.maintainer).post(MANY, body).json()["evaluations"]] == decisions


def test_without_evaluations_the_top_is_the_question(cast: Cast, api: Any) -> None:
    one = question("user", "developer")
    assert api(cast.developer).post(MANY, one).json()["decision"] is True
    assert api(cast.developer).post(MANY, {**one, "evaluations": []}).json()["decision"] is True
    assert api(cast.developer).post(MANY, {"subject": one["subject"]}).status_code == 400


def test_a_hundred_questions_of_a_job_take_as_many_statements_as_two(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    job, me = own_job(cast)
    two = [{"resource": {"type": "project", "id": name}} for name in (str(cast.library.pk), "far/nothing")]
    body = {"subject": {"type": "job", "id": str(job.pk)}, "action": READ, "evaluations": two}
    me.post(MANY, body)
    with django_assert_num_queries(5):
        assert len(me.post(MANY, body).json()["evaluations"]) == 2
    with django_assert_num_queries(5):
        assert len(me.post(MANY, {**body, "evaluations": two * 50}).json()["evaluations"]) == 100
    assert me.post(MANY, {**body, "evaluations": two * 51}).status_code == 400
    assert not AuthorizationRecord.objects.exists()
    assert not RefusalRecord._base_manager.exists()


def test_a_hundred_questions_of_a_person_take_as_many_statements_as_five(
    cast: Cast, api: Any, django_assert_num_queries: Any
) -> None:
    job, _ = own_job(cast)
    five = [
        question("job", job.pk),
        question("user", "developer", "far/nothing"),
        question("user", "guest", str(cast.library.pk)),
        question("project", "acme/app"),
        question("project", cast.app.pk, "acme/app", "download_code"),
    ]
    me = api(cast.maintainer)
    me.post(MANY, {"evaluations": five})
    # The token, the jobs, the projects by id and by path, two for a path that leads to nothing, the people, the pairs.
    with django_assert_num_queries(8):
        assert len(me.post(MANY, {"evaluations": five}).json()["evaluations"]) == 5
    with django_assert_num_queries(8):
        assert len(me.post(MANY, {"evaluations": five * 20}).json()["evaluations"]) == 100


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"subject": None}, "subject is missing"),
    ({"action": None}, "action is missing"),
    ({"resource": None}, "resource is missing"),
    ({"subject": {"id": "x"}}, "subject[type] is missing"),
    ({"subject": {"type": "user"}}, "subject[id] is missing"),
    ({"subject": {"type": "car", "id": "x"}}, "subject[type] does not have a valid value: job, user, project"),
    ({"subject": {"type": "user", "id": 7}}, "subject[id] is invalid"),
    ({"subject": {"type": "user", "id": "a\0"}}, "subject[id] is invalid"),
    ({"subject": "developer"}, "subject is invalid"),
    ({"subject": {"type": "user", "id": "x", "properties": 1}}, "subject[properties] is invalid"),
    ({"action": {}}, "action[name] is missing"),
    ({"action": {"name": 123}}, "action[name]"),
    ({"action": {"name": "read_package"}}, "action[name] does not have a valid value: there is no 'read_package', did"),
    ({"resource": {"id": "x"}}, "resource[type] is missing"),
    ({"resource": {"type": "project"}}, "resource[id] is missing"),
    ({"context": "now"}, "context is invalid"),
]


def test_what_is_no_question_is_named(cast: Cast, api: Any) -> None:
    me = api(cast.developer)
    for wrong, fault in WRONG:
        whole: dict[str, Any] = {**question("user", "developer"), **wrong}
        body = {name: value for name, value in whole.items() if value is not None}
        answer = me.post(ONE, body)
        assert (answer.status_code, fault in answer.json()["error"]) == (400, True), (wrong, answer.content)
    for raw in (b"", b"{", b"[]", b"7"):
        assert me.post(ONE, raw).status_code == 400
        assert me.post(MANY, raw).status_code == 400
    assert me.post(ONE, question("user", "developer"), content_type="text/plain").status_code == 400
    batches: list[dict[str, Any]] = [
        {"evaluations": {}},
        {"evaluations": [{}], "options": {"evaluations_semantic": "some"}},
        {"evaluations": [{}], "subject": "x"},
        {"evaluations": [{}], "options": 1},
    ]
    for batch in batches:
        assert me.post(MANY, batch).status_code == 400, batch


def test_members_that_the_standard_does_not_name_are_ignored(cast: Cast, api: Any) -> None:
    one = question("user", "developer")
    more = {name: {**value, "properties": {"a": [1]}, "b": {"c": 1}} for name, value in one.items()}
    answer = api(cast.developer).post(ONE, {**more, "context": {"ip": "::1"}, "later": {"nested": True}})
    assert answer.json()["decision"] is True


def test_the_request_s_name_comes_back_whatever_the_answer(cast: Cast, api: Any) -> None:
    named = {"X-Request-ID": "bfe9-1"}
    me = api(cast.developer)
    for body in (question("user", "developer"), {}):
        assert me.post(ONE, body, headers=named)["X-Request-ID"] == "bfe9-1"
    refused = Api().post(ONE, question("user", "developer"), headers=named)
    assert (refused.status_code, refused["X-Request-ID"]) == (401, "bfe9-1")


def test_the_question_takes_a_running_job_or_a_person_whose_token_may_read(cast: Cast, api: Any) -> None:
    ended, me = own_job(cast, status="success")
    assert me.post(ONE, question("job", ended.pk)).status_code == 401
    assert Api().post(MANY, question("job", ended.pk)).status_code == 401
    assert api(cast.developer).get(ONE).status_code == 405


def test_the_configuration_names_what_is_there_and_nothing_else(db: None, settings: Any) -> None:
    answer = Client().get("/.well-known/authzen-configuration")
    here = settings.EXTERNAL_URL
    assert answer.json() == {
        "policy_decision_point": here,
        "access_evaluation_endpoint": here + ONE,
        "access_evaluations_endpoint": here + MANY,
        **{f"search_{what}_endpoint": f"{here}/access/v1/search/{what}" for what in ("subject", "resource", "action")},
    }
