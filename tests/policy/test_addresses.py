"""From where a token is used: the rule `located`, and how addresses are compared."""

from __future__ import annotations

import pytest

from tests.policy.table import Case, facts, job, table, verdict
from tokenaccess.policy import Action, Facts, Person, Refusal, decide, explain
from tokenaccess.policy.addresses import AddressCheck, is_elsewhere, normalize_address, parse_network
from tokenaccess.policy.levels import AddressMode
from tokenaccess.policy.location import USED_ELSEWHERE

pytestmark = pytest.mark.pure

HERE, ELSEWHERE = "192.0.2.10", "203.0.113.9"


def facts_with_address(case: Case, mode: AddressMode, used_from: str | None) -> Facts:
    return facts(case)._replace(address=AddressCheck(mode, HERE, used_from))


def some() -> list[Case]:
    return list(table())[::11]


@pytest.mark.parametrize(
    ("taken_from", "used_from", "networks", "elsewhere"),
    [
        ("192.0.2.10", "192.0.2.10", (), False),
        ("192.0.2.10", "::ffff:192.0.2.10", (), False),
        ("::ffff:c000:20a", "192.0.2.10", (), False),
        ("192.0.2.10", "192.0.2.11", (), True),
        ("192.0.2.10", "10.1.2.3", ("10.0.0.0/8",), False),
        ("192.0.2.10", "::ffff:10.1.2.3", ("10.0.0.0/8",), False),
        ("192.0.2.10", "10.1.2.3", ("::ffff:10.0.0.0/104",), False),
        ("192.0.2.10", "11.1.2.3", ("10.0.0.0/8", "2001:db8::/32"), True),
        ("192.0.2.10", "2001:db8::5", ("10.0.0.0/8", "2001:db8::/32"), False),
        ("2001:db8::1", "2001:DB8:0::1", (), False),
        ("", "192.0.2.10", (), True),
        ("192.0.2.10", "", (), True),
        ("", "", (), True),
        ("unknown", "unknown", (), True),
        ("192.0.2.10", "192.0.2.10:4711", (), True),
    ],
)
def test_an_address_is_elsewhere_unless_it_is_known_to_be_here(
    taken_from: str, used_from: str, networks: tuple[str, ...], elsewhere: bool
):
    assert is_elsewhere(taken_from, used_from, networks) is elsewhere


def test_an_address_is_written_in_one_way():
    assert normalize_address(" ::FFFF:192.0.2.10 ") == "192.0.2.10"
    assert normalize_address("2001:DB8::0:1") == "2001:db8::1"
    assert [normalize_address(text) for text in (None, "", "proxy", "1.2.3.4:80")] == [""] * 4


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "everywhere", "", "::ffff:10.0.0.1/104"])
def test_no_network_is_guessed(text: str):
    with pytest.raises(ValueError, match=r"\w"):
        parse_network(text)


def test_who_uses_a_token_where_its_job_runs_loses_nothing():
    for case in some():
        for mode in AddressMode:
            assert decide(job(case), case.action, facts_with_address(case, mode, HERE)) == verdict(case), case


def test_who_uses_it_elsewhere_is_refused_whatever_else_they_may():
    found = 0
    for case in some():
        before, now = (
            verdict(case),
            decide(job(case), case.action, facts_with_address(case, AddressMode.REFUSE, ELSEWHERE)),
        )
        assert not now.allowed
        if before.allowed:
            found += 1
            assert now.reason is not None
            assert (now.refusal, now.reason.sentence) == (Refusal.FORBIDDEN, USED_ELSEWHERE), case
        else:
            assert now == before, case  # and learns no more of what is hidden
    assert found


def test_a_trial_of_it_answers_as_before_and_says_what_it_would_refuse():
    for case in some():
        before, now = (
            verdict(case),
            decide(job(case), case.action, facts_with_address(case, AddressMode.TRIAL, ELSEWHERE)),
        )
        assert now.reason == before.reason, case
        assert (now.trial and now.trial.rule) == ("located" if before.allowed else None), case
        steps = explain(job(case), case.action, facts_with_address(case, AddressMode.TRIAL, ELSEWHERE))
        assert (steps[-1].rule, steps[-1].in_trial) == ("located", Refusal.FORBIDDEN)


def test_where_nobody_uses_a_token_the_answer_is_that_of_who_uses_it_well():
    for case in some():
        steps = explain(job(case), case.action, facts_with_address(case, AddressMode.REFUSE, None))
        assert (
            decide(job(case), case.action, facts_with_address(case, AddressMode.REFUSE, None)).reason
            == verdict(case).reason
        )
        assert "must be used from where its job runs" in steps[-1].sentence


def test_addresses_are_asked_of_jobs_only():
    case = Case(Action.READ_PACKAGES, limited=False)
    by_person = decide(
        Person(7, "developer", admin=True), case.action, facts_with_address(case, AddressMode.REFUSE, ELSEWHERE)
    )
    assert by_person == decide(Person(7, "developer", admin=True), case.action, facts(case))
