"""The certification scenario of the AuthZEN working group: evaluation, batches, transport and metadata, by the numbers
of its sections (openid/authzen, certification/authorization-api-1_0-scenario.md). Searches are in the file beside.
"""

from __future__ import annotations

from typing import Any

from django.test import Client

from identity.models import User
from tests.tokenaccess.certification import (
    MANY,
    ONE,
    SEARCH,
    TIME,
    Harness,
    Scenario,
    make_records,
    question,
    record,
    to,
    user,
    without,
)

ALICE_READS = question("alice", "read", 1)
BASIC, BATCH, TRANSPORT = Scenario(), Scenario(), Scenario()


def test_the_basic_level_passes(db: None, api: Any) -> None:
    make_records()
    assert BASIC.failures(Harness(api(User.objects.get(username="recorder")))) == {}
    assert set(BASIC) == {
        "2.2.1", "2.2.2", "2.2.3", "2.2.4", "2.2.5", "2.2.6", "2.2.7", "2.2.8", "2.2.9", "2.3.1", "2.3.2", "2.4.1",
        "2.4.2", "2.4.3", "2.4.4", "2.4.5", "2.4.6", "2.5.1", "2.5.2", "2.6",
    }  # fmt: skip


def test_the_batch_level_passes(db: None, api: Any) -> None:
    make_records()
    assert BATCH.failures(Harness(api(User.objects.get(username="recorder")))) == {}
    assert set(BATCH) == {
        "3.2.1", "3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6", "3.2.7", "3.3.1", "3.3.2", "3.3.3", "3.3.4", "3.4.1",
        "3.4.2", "3.4.3",
    }  # fmt: skip


def test_transport_and_discovery_pass(db: None, api: Any, settings: Any) -> None:
    settings.EXTERNAL_URL = "https://decisions.example.org"
    make_records()
    assert TRANSPORT.failures(Harness(api(User.objects.get(username="recorder")))) == {}
    assert set(TRANSPORT) == {"5.1", "5.2", "5.3", "5.4", "5.5", "6.1", "6.2", "6.3", "6.4", "6.5"}


def test_the_decisions_come_from_the_properties_and_not_from_the_names(db: None, api: Any) -> None:
    """With the properties the other way round, the decisions are too."""
    make_records()
    harness = Harness(api(User.objects.get(username="recorder")))
    assert harness.decide("alice", "write", 2) == [True]
    assert harness.decide("alice", "write", record(1, status="archived")) == [False]
    assert harness.decide("alice", "write", record(2, status="active")) == [True]
    assert harness.decide(user("alice", role="admin"), "write", record(1, status="archived")) == [True]
    assert harness.decide(user("bob", role="manager"), "write", record(2, status="archived")) == [False]
    assert harness.decide("bob", to("delete", soft=True), 1) == [False]


# --- 2: evaluation ----------------------------------------------------------------------------------------------------


@BASIC.case("2.2.1")
def _permits(harness: Harness) -> None:
    assert harness.decide(ALICE_READS) == [True]
    assert harness.decide("alice", "write", 1) == [True]
    assert harness.decide("bob", "read", 1) == [True]


@BASIC.case("2.2.2")
def _denies(harness: Harness) -> None:
    assert harness.decide("bob", "write", 1) == [False]


@BASIC.case("2.2.3")
def _context_changes_nothing(harness: Harness) -> None:
    assert harness.decide(ALICE_READS, context=TIME) == [True]


@BASIC.case("2.2.4")
def _denies_by_the_resource_s_properties(harness: Harness) -> None:
    assert harness.decide("alice", "write", record(2, status="archived")) == [False]


@BASIC.case("2.2.5")
def _permits_by_the_subject_s_properties(harness: Harness) -> None:
    assert harness.decide(user("bob", role="admin"), "write", record(2, status="archived")) == [True]


@BASIC.case("2.2.6")
def _permits_by_the_action_s_properties(harness: Harness) -> None:
    assert harness.decide("alice", to("delete", soft=True), 1) == [True]


@BASIC.case("2.2.7")
def _denies_by_the_action_s_properties(harness: Harness) -> None:
    assert harness.decide("alice", to("delete", soft=False), 1) == [False]


@BASIC.case("2.2.8")
def _more_properties_are_taken(harness: Harness) -> None:
    subject = user("alice", department="Sales", role="manager")
    asked = question(subject, to("read", method="GET"), record(1, status="active", owner="bob"))
    status, reply, _ = harness.post(ONE, asked)
    assert (status, reply["decision"]) == (200, True), reply
    ignored = ["subject.department", "action.method", "resource.owner", "resource.ref"]
    assert reply["context"]["ignored_properties"] == ignored


@BASIC.case("2.2.9")
def _unknown_members_are_ignored(harness: Harness) -> None:
    assert harness.decide(ALICE_READS, foo="bar", futureField={"nested": True}) == [True]


@BASIC.case("2.3.1", "2.3.2")
def _the_answer_has_its_form(harness: Harness) -> None:
    for asked, decision in ((ALICE_READS, True), (question("bob", "write", 1), False)):
        status, reply, answer = harness.post(ONE, asked)
        assert (status, answer["Content-Type"]) == (200, "application/json")
        assert reply["decision"] is decision
        assert isinstance(reply.get("context", {}), dict)


@BASIC.case("2.4.1")
def _what_is_missing_is_refused(harness: Harness) -> None:
    for name in ALICE_READS:
        assert harness.post(ONE, without(ALICE_READS, name))[0] == 400, name


@BASIC.case("2.4.2")
def _what_is_missing_further_in_is_refused(harness: Harness) -> None:
    parts = [("subject", "type"), ("subject", "id"), ("action", "name"), ("resource", "type"), ("resource", "id")]
    for path in parts:
        assert harness.post(ONE, without(ALICE_READS, *path))[0] == 400, path


@BASIC.case("2.4.3")
def _other_content_types_are_refused(harness: Harness) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert harness.post(ONE, ALICE_READS, content_type=kind)[0] == 400, kind


@BASIC.case("2.4.4", "2.4.5")
def _what_is_no_json_is_refused(harness: Harness) -> None:
    for raw in (b"", b"{", b'{"subject":', b"read"):
        assert harness.post(ONE, raw)[0] == 400, raw


@BASIC.case("2.4.6")
def _wrong_types_are_refused(harness: Harness) -> None:
    wrong: list[dict[str, Any]] = [{"subject": "alice"}, {"action": {"name": 123}}, {"resource": ["record"]}]
    for one in wrong:
        assert harness.post(ONE, {**ALICE_READS, **one})[0] == 400, one


@BASIC.case("2.5.1")
@TRANSPORT.case("5.4")
def _the_request_s_name_comes_back(harness: Harness) -> None:
    for path in (ONE, MANY, f"{SEARCH}action"):
        assert harness.post(path, ALICE_READS, headers={"X-Request-ID": "c3-7"})[2]["X-Request-ID"] == "c3-7", path


@BASIC.case("2.5.2")
def _a_request_without_a_name_is_answered(harness: Harness) -> None:
    assert harness.post(ONE, ALICE_READS)[0] == 200


@BASIC.case("2.6")
def _the_same_question_has_the_same_answer(harness: Harness) -> None:
    for asked in (ALICE_READS, question("bob", "write", 1)):
        assert len({tuple(harness.decide(asked)) for _ in range(5)}) == 1


# --- 3: batches -------------------------------------------------------------------------------------------------------

RECORDS: list[dict[str, Any]] = [{"resource": record(1)}, {"resource": record(2)}]


def decide_many(harness: Harness, *evaluations: dict[str, Any], **top: Any) -> list[bool]:
    decisions = harness.decide({**top, "evaluations": list(evaluations)}, path=MANY)
    assert len(decisions) == len(evaluations)
    return decisions


@BATCH.case("3.2.1", "3.3.1")
def _as_many_answers_as_questions(harness: Harness) -> None:
    assert decide_many(harness, *RECORDS, subject=user("alice"), action=to("read"))[0] is True


@BATCH.case("3.2.2", "3.3.2")
def _answers_are_in_the_order_of_the_questions(harness: Harness) -> None:
    both = [{"action": to("read")}, {"action": to("write")}]
    assert decide_many(harness, *both, subject=user("bob"), resource=record(1)) == [True, False]
    assert decide_many(harness, *reversed(both), subject=user("bob"), resource=record(1)) == [False, True]


@BATCH.case("3.2.3")
def _resources_have_properties_of_their_own(harness: Harness) -> None:
    rows = [{"resource": record(1, status="active")}, {"resource": record(2, status="archived")}]
    assert decide_many(harness, *rows, subject=user("alice"), action=to("write")) == [True, False]


@BATCH.case("3.2.4")
def _subjects_have_properties_of_their_own(harness: Harness) -> None:
    rows = [{"subject": user("alice")}, {"subject": user("bob", role="admin")}]
    archived = record(2, status="archived")
    assert decide_many(harness, *rows, action=to("write"), resource=archived) == [False, True]


@BATCH.case("3.2.5")
def _questions_may_be_whole(harness: Harness) -> None:
    assert decide_many(harness, ALICE_READS, question("bob", "write", 1)) == [True, False]


@BATCH.case("3.2.6")
def _context_is_inherited(harness: Harness) -> None:
    rows = [RECORDS[0], {**RECORDS[1], "context": {**TIME, "source": "mine"}}]
    decide_many(harness, *rows, subject=user("alice"), action=to("read"), context=TIME)


@BATCH.case("3.2.7")
def _what_is_left_out_is_inherited_whole(harness: Harness) -> None:
    top = {**question("alice", "write", record(1, status="active"))}
    rows: list[dict[str, Any]] = [{}, {"resource": record(2, status="archived")}]
    assert decide_many(harness, *rows, **top) == [True, False]
    # A resource without properties has none of those at the top.
    top["resource"] = record(1, status="archived")
    assert decide_many(harness, {}, {"resource": record(2)}, **top) == [False, True]


@BATCH.case("3.3.3", "3.3.4")
def _every_answer_has_its_form_and_the_whole_has_no_decision(harness: Harness) -> None:
    asked = {"subject": user("alice"), "action": to("read"), "evaluations": RECORDS}
    status, reply, _ = harness.post(MANY, asked)
    assert (status, set(reply)) == (200, {"evaluations"})
    assert all(isinstance(one["decision"], bool) and isinstance(one["context"], dict) for one in reply["evaluations"])


@BATCH.case("3.4.1")
def _one_wrong_question_is_denied_by_itself(harness: Harness) -> None:
    asked = {
        "subject": user("alice"),
        "action": to("read"),
        "options": {"evaluations_semantic": "execute_all"},
        "evaluations": [RECORDS[0], {}],
    }
    status, reply, _ = harness.post(MANY, asked)
    assert (status, [one["decision"] for one in reply["evaluations"]]) == (200, [True, False])
    assert "resource is missing" in reply["evaluations"][1]["context"]["error"]["message"]


@BATCH.case("3.4.2", "3.4.3")
def _without_evaluations_the_top_is_the_question(harness: Harness) -> None:
    assert harness.decide(ALICE_READS, path=MANY) == [True]
    assert harness.decide({**ALICE_READS, "evaluations": []}, path=MANY) == [True]


# --- 5: transport -----------------------------------------------------------------------------------------------------


@TRANSPORT.case("5.1", "5.2")
def _json_is_taken_and_given(harness: Harness) -> None:
    for path in (ONE, MANY, *(SEARCH + what for what in ("subject", "resource", "action"))):
        status, _, answer = harness.post(path, ALICE_READS, content_type="application/json", secure=True)
        assert (status, answer["Content-Type"]) == (200, "application/json"), path


@TRANSPORT.case("5.3")
def _missing_members_are_400_everywhere(harness: Harness) -> None:
    for path in (ONE, MANY, *(SEARCH + what for what in ("subject", "resource", "action"))):
        assert harness.post(path, {})[0] == 400, path


@TRANSPORT.case("5.5")
def _unknown_members_are_ignored_everywhere(harness: Harness) -> None:
    for path in (ONE, MANY, *(SEARCH + what for what in ("subject", "resource", "action"))):
        known = harness.post(path, ALICE_READS)[1]
        assert harness.post(path, {**ALICE_READS, "later": {"more": [1]}})[1] == known, path


# --- 6: metadata ------------------------------------------------------------------------------------------------------


@TRANSPORT.case("6.1", "6.2", "6.3", "6.4", "6.5")
def _the_metadata_name_what_is_there(harness: Harness) -> None:
    answer = Client().get("/.well-known/authzen-configuration")
    reply = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
    here = reply.pop("policy_decision_point")
    assert here == "https://decisions.example.org"
    assert "access_evaluation_endpoint" in reply
    for name, address in reply.items():
        assert address.startswith(f"{here}/access/v1/"), name
        assert harness.post(address.removeprefix(here), ALICE_READS)[0] == 200, name
