"""The searches of the AuthZEN working group's certification scenario, by the numbers of its sections."""

from __future__ import annotations

from typing import Any

from identity.models import User
from tests.tokenaccess.certification import SEARCH, TIME, Harness, Scenario, make_records, record, to, user

USERS, RECORDS = {"type": "user"}, {"type": "record"}
READERS: dict[str, Any] = {"subject": USERS, "action": to("read"), "resource": record(1)}
WHERE: dict[str, Any] = {"subject": user("alice"), "action": to("read"), "resource": RECORDS}
WHAT: dict[str, Any] = {"subject": user("alice"), "resource": record(1)}
SCENARIO = Scenario()


def test_the_search_level_passes(db: None, api: Any) -> None:
    make_records()
    assert SCENARIO.failures(Harness(api(User.objects.get(username="recorder")))) == {}
    assert set(SCENARIO) == {
        "4.2.1", "4.2.2", "4.2.3", "4.2.4", "4.3.1", "4.3.2", "4.3.3", "4.3.4", "4.4.1", "4.4.2", "4.4.3", "4.5.1",
        "4.5.2", "4.5.3", "4.5.4", "4.6.1", "4.6.2", "4.7.1", "4.7.2",
    }  # fmt: skip


@SCENARIO.case("4.2.1")
def _who_may_read(harness: Harness) -> None:
    assert {"alice", "bob"} <= set(harness.find("subject", **READERS))


@SCENARIO.case("4.2.2")
def _context_does_not_change_who_may(harness: Harness) -> None:
    assert harness.find("subject", **READERS, context=TIME) == harness.find("subject", **READERS)


@SCENARIO.case("4.2.3")
def _the_id_of_what_is_searched_is_not_read(harness: Harness) -> None:
    assert harness.find("subject", **{**READERS, "subject": user("alice")}) == harness.find("subject", **READERS)


@SCENARIO.case("4.2.4")
def _the_resource_s_properties_change_who_may(harness: Harness) -> None:
    writers: dict[str, Any] = {"subject": USERS, "action": to("write")}
    found = harness.find("subject", **writers, resource=record(2, status="archived"))
    assert ("bob" in found, "alice" in found) == (True, False)
    assert {"alice", "bob"} <= set(harness.find("subject", **writers, resource=record(2)))


@SCENARIO.case("4.3.1")
def _where_alice_may_read(harness: Harness) -> None:
    assert "record-1" in harness.find("resource", **WHERE)


@SCENARIO.case("4.3.2")
def _context_does_not_change_where(harness: Harness) -> None:
    assert harness.find("resource", **WHERE, context=TIME) == harness.find("resource", **WHERE)


@SCENARIO.case("4.3.3")
def _the_id_of_a_resource_that_is_searched_is_not_read(harness: Harness) -> None:
    assert harness.find("resource", **{**WHERE, "resource": record(1)}) == harness.find("resource", **WHERE)


@SCENARIO.case("4.3.4")
def _the_subject_s_properties_change_where(harness: Harness) -> None:
    where: dict[str, Any] = {"action": to("write"), "resource": RECORDS}
    assert "record-2" in harness.find("resource", **where, subject=user("bob", role="admin"))
    assert harness.find("resource", **where, subject=user("bob")) == ["record-2"]
    assert set(harness.find("resource", **where, subject=user("bob", role="admin"))) == {"record-1", "record-2"}


@SCENARIO.case("4.4.1")
def _what_alice_may(harness: Harness) -> None:
    assert {"read", "write"} <= set(harness.find("action", **WHAT))


@SCENARIO.case("4.4.2")
def _context_does_not_change_what(harness: Harness) -> None:
    assert harness.find("action", **WHAT, context=TIME) == harness.find("action", **WHAT)


@SCENARIO.case("4.4.3")
def _properties_change_what(harness: Harness) -> None:
    archived = record(2, status="archived")
    assert "write" in harness.find("action", subject=user("bob", role="admin"), resource=archived)
    assert "write" not in harness.find("action", subject=user("alice"), resource=archived)
    assert "read" in harness.find("action", subject=user("alice"), resource=archived)


@SCENARIO.case("4.5.1", "4.5.2", "4.5.3", "4.5.4")
def _pages_follow_each_other(harness: Harness) -> None:
    found, page = [], {"limit": 1}
    while True:
        status, reply, _ = harness.post(f"{SEARCH}subject", {**READERS, "page": page})
        assert (status, isinstance(reply["results"], list), type(reply["page"]["next_token"])) == (200, True, str)
        assert reply["page"]["count"] == len(reply["results"]) <= 1
        found += [one["id"] for one in reply["results"]]
        if not reply["page"]["next_token"]:
            break
        page = {"token": reply["page"]["next_token"], "limit": 1}
    assert found == harness.find("subject", **READERS)
    # The rest of the scenario's second page has no limit.
    token = harness.post(f"{SEARCH}subject", {**READERS, "page": {"limit": 1}})[1]["page"]["next_token"]
    status, reply, _ = harness.post(f"{SEARCH}subject", {**READERS, "page": {"token": token}})
    assert (status, [one["id"] for one in reply["results"]]) == (200, found[1:])


@SCENARIO.case("4.6.1")
def _who_is_unknown_finds_nothing(harness: Harness) -> None:
    stranger = user("nonexistent-user")
    nowhere = {"type": "record", "id": "record-9"}
    assert harness.find("action", subject=stranger, resource=record(1)) == []
    assert harness.find("resource", subject=stranger, action=to("read"), resource=RECORDS) == []
    assert harness.find("subject", subject=USERS, action=to("read"), resource=nowhere) == []


@SCENARIO.case("4.6.2")
def _a_type_that_is_unknown_finds_nothing(harness: Harness) -> None:
    ship = {"type": "spaceship"}
    assert harness.find("subject", **{**READERS, "subject": ship}) == []
    assert harness.find("resource", **{**WHERE, "resource": ship}) == []
    assert harness.find("action", subject={**ship, "id": "alice"}, resource=record(1)) == []


@SCENARIO.case("4.7.1")
def _what_is_missing_is_refused(harness: Harness) -> None:
    for what, body in (("subject", READERS), ("resource", WHERE), ("action", WHAT)):
        for name in body:
            rest = {other: value for other, value in body.items() if other != name}
            assert harness.post(SEARCH + what, rest)[0] == 400, (what, name)


@SCENARIO.case("4.7.2")
def _what_is_given_has_an_id(harness: Harness) -> None:
    both = {"subject": USERS, "action": to("read"), "resource": RECORDS}
    assert harness.post(f"{SEARCH}subject", both)[0] == 400
    assert harness.post(f"{SEARCH}resource", both)[0] == 400
    assert harness.post(f"{SEARCH}action", {"subject": USERS, "resource": record(1)})[0] == 400
