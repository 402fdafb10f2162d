"""The laws, held against every situation there is: about a quarter of a million, in seconds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.table import Case, facts, job, persons_verdict, table, verdict
from tokenaccess.policy import (
    Action,
    Anonymous,
    Entry,
    Facts,
    InvalidCredential,
    Job,
    Person,
    Refusal,
    Target,
    decide,
    explain,
)
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import NO_FACTS
from tokenaccess.policy.features import Feature
from tokenaccess.policy.levels import FeatureLevel, InboundMode, Role, Visibility
from tokenaccess.policy.needs import NEEDS

pytestmark = pytest.mark.pure


def broken(law: str, counterexamples: list[Case]) -> str:
    return f"{law}: {len(counterexamples)} times, e.g. {counterexamples[:3]}"


def allowed_cases() -> list[Case]:
    return [case for case, yes in table().items() if yes]


def granted_by_limits() -> list[Case]:
    """But for pushes to another project, which are open to nobody unless access is limited to those it lists."""
    return [case for case in allowed_cases() if case.own or case.action is not Action.PUSH_CODE]


def test_the_table_holds_yes_and_no_for_every_action():
    for action in {case.action for case in table()}:
        assert {yes for case, yes in table().items() if case.action is action} == {True, False}


def test_an_explanation_s_first_refusal_is_the_decision_s_reason():
    wrong = []
    for case in list(table())[::7]:
        refusals = [step for step in explain(job(case), case.action, facts(case)) if not step.ok]
        if verdict(case).reason != (refusals[0] if refusals else None):
            wrong.append(case)
    assert not wrong, broken("explained otherwise", wrong)


def test_an_unknown_action_is_refused_and_explained():
    unknown: Any = "fly"
    decision = decide(Anonymous(), unknown, NO_FACTS)
    assert (decision.reason,) == explain(Anonymous(), unknown, NO_FACTS)
    assert decision.hides


# --- What is lifted never shuts ---------------------------------------------------------------------------------------


def test_lifting_the_inbound_limit_never_removes_access():
    wrong = [case for case in granted_by_limits() if case.limited and not table()[case._replace(limited=False)]]
    assert not wrong, broken("lost by opening", wrong)


def test_lifting_the_outbound_limit_never_removes_access():
    wrong = [case for case in allowed_cases() if case.out != "off" and not table()[case._replace(out="off")]]
    assert not wrong, broken("lost by opening", wrong)


def test_turning_the_switch_off_never_removes_access():
    wrong = [case for case in granted_by_limits() if case.switch_on and not table()[case._replace(switch_on=False)]]
    assert not wrong, broken("lost by the switch", wrong)


def test_a_first_entry_never_removes_access():
    entries = ("default", "nothing", "needed", "all")
    without = [case for case in allowed_cases() if case.entry == "none"]
    wrong = [case for case in without for entry in entries if not table()[case._replace(entry=entry)]]
    assert not wrong, broken("lost by an entry", wrong)


def test_listing_a_target_outbound_never_removes_access():
    wrong = [case for case in allowed_cases() if case.out == "unlisted" and not table()[case._replace(out="listed")]]
    assert not wrong, broken("lost by a listing", wrong)


def test_a_wider_entry_never_removes_access():
    steps = {"nothing": "needed", "needed": "all", "all": "default"}
    wrong = [
        case for case in allowed_cases() if case.entry in steps and not table()[case._replace(entry=steps[case.entry])]
    ]
    assert not wrong, broken("lost by widening", wrong)


def test_a_higher_role_never_removes_access():
    order = list(Role)
    wrong = [
        case
        for case in allowed_cases()
        if case.role is not Role.OWNER and not table()[case._replace(role=order[order.index(case.role) + 1])]
    ]
    assert not wrong, broken("lost by a role", wrong)


def test_more_visibility_never_removes_access():
    steps = {Visibility.PRIVATE: Visibility.INTERNAL, Visibility.INTERNAL: Visibility.PUBLIC}
    wrong = [
        case
        for case in allowed_cases()
        if case.visibility in steps and not table()[case._replace(visibility=steps[case.visibility])]
    ]
    assert not wrong, broken("lost by visibility", wrong)


# --- A limit only takes away ------------------------------------------------------------------------------------------


def test_a_job_never_exceeds_its_person():
    wrong = [case for case in allowed_cases() if not persons_verdict(case).allowed]
    assert not wrong, broken("more than the person", wrong)


def test_no_entry_gives_more_than_no_limit_would():
    wrong = [
        case
        for case in granted_by_limits()
        if case.entry != "none" and not table()[case._replace(entry="none", limited=False, out="off")]
    ]
    assert not wrong, broken("given by an entry", wrong)


def test_who_is_listed_by_role_may_do_exactly_what_its_person_may():
    wrong = [
        case
        for case, yes in table().items()
        if case.entry == "default"
        and case.out != "unlisted"
        and case.action is not Action.PUSH_CODE
        and (case.own or not NEEDS[case.action].own_project)
        and yes != persons_verdict(case).allowed
    ]
    assert not wrong, broken("narrowed by an entry that does not narrow", wrong)


def test_a_job_pushes_to_its_own_project_only_where_that_is_turned_on():
    pushed = [case for case in allowed_cases() if case.action is Action.PUSH_CODE and case.own]
    assert pushed
    assert all(case.pushes and case.role >= Role.DEVELOPER for case in pushed)


def test_a_job_pushes_to_another_project_through_every_gate_and_no_other_way():
    """job-token.md §8: the instance's switch, the target's settings, its limit, an entry; and the person's role."""
    for case, yes in table().items():
        if case.action is Action.PUSH_CODE and not case.own:
            gates = (
                case.crossing_switch,
                case.pushes and case.crossing,
                case.limited and case.switch_on,
                case.entry in {"default", "needed", "all"},
                case.out != "unlisted" or case.visibility is not Visibility.PRIVATE,
            )
            assert yes == (all(gates) and persons_verdict(case).allowed), case


def test_a_gate_that_is_shut_to_pushes_is_answered_alike_whichever_it_is():
    refused = [
        verdict(case)
        for case, yes in table().items()
        if case.action is Action.PUSH_CODE and not yes and not case.own and case.switch_on and case.limited
        if case.entry != "none" and case.out != "unlisted" and persons_verdict(case).allowed
    ]
    assert refused
    assert {decision.refusal for decision in refused} == {Refusal.FORBIDDEN}


def test_what_is_for_the_own_project_only_is_refused_elsewhere_whatever_lists_roles_and_visibility_say():
    elsewhere = [case for case in table() if NEEDS[case.action].own_project and not case.own]
    assert elsewhere
    wrong = [case for case in elsewhere if verdict(case).refusal is not Refusal.OWN_PROJECT]
    assert not wrong, broken("answered otherwise", wrong)


def test_what_is_for_the_own_project_only_does_not_tell_absent_from_there():
    for action in (action for action in NEEDS if NEEDS[action].own_project):
        there = decide(ALIVE, action, Facts(Target(2, "acme/other", Visibility.PUBLIC), Role.OWNER))
        assert there.refusal is Refusal.OWN_PROJECT
        assert there == decide(ALIVE, action, NO_FACTS)


def test_a_protection_asks_for_a_higher_role_and_never_for_a_lower_one():
    for role in Role:
        known = Facts(OPEN.target._replace(features=EVERY_FEATURE), role)  # type: ignore[union-attr]
        plain = decide(ALIVE, Action.PUSH_IMAGES, known).allowed
        protected = decide(ALIVE, Action.PUSH_IMAGES, known._replace(min_role=Role.MAINTAINER)).allowed
        assert (plain, protected) == (role >= Role.DEVELOPER, role >= Role.MAINTAINER)
        assert decide(ALIVE, Action.PUSH_IMAGES, known._replace(min_role=Role.GUEST)).allowed == plain


def test_with_the_switch_off_no_limit_and_no_entry_matters():
    wrong = [
        case
        for case, yes in table().items()
        if not case.switch_on and yes != table()[case._replace(limited=False, out="off", entry="none")]
    ]
    assert not wrong, broken("limited all the same", wrong)


def test_without_a_limit_no_entry_matters():
    wrong = [case for case, yes in table().items() if not case.limited and yes != table()[case._replace(entry="none")]]
    assert not wrong, broken("narrowed all the same", wrong)


def test_a_jobs_own_project_is_never_limited():
    wrong = [
        case
        for case, yes in table().items()
        if case.own and yes != table()[case._replace(limited=False, out="off", entry="none", switch_on=False)]
    ]
    assert not wrong, broken("shut out of its own", wrong)


# --- Who is not listed ------------------------------------------------------------------------------------------------


def is_unlisted(case: Case) -> bool:
    """Another project, the limit on, no entry. What a job may never ask of another project has laws of its own."""
    own_only = NEEDS[case.action].own_project
    return not case.own and case.switch_on and case.limited and case.entry == "none" and not own_only


def test_a_private_project_refuses_whoever_is_not_listed_whatever_their_role():
    wrong = [case for case in allowed_cases() if is_unlisted(case) and case.visibility is Visibility.PRIVATE]
    assert not wrong, broken("let in", wrong)


def test_an_administrators_job_is_refused_like_anyones():
    boss = Job(70, 2, "acme/app", "running", False, False, Person(1, "root", admin=True))
    shut = Facts(Target(1, "acme/library", Visibility.PRIVATE), Role.OWNER)
    assert decide(boss, Action.DOWNLOAD_CODE, shut).refusal is Refusal.HIDDEN


def test_a_source_that_limits_its_jobs_keeps_them_from_private_projects_it_does_not_list():
    wrong = [
        case
        for case in allowed_cases()
        if not case.own and case.switch_on and case.out == "unlisted" and case.visibility is Visibility.PRIVATE
    ]
    assert not wrong, broken("let out", wrong)


def test_who_is_not_listed_may_do_exactly_what_any_visitor_may():
    """contract/README.md decision 5: no role counts; reading needs no entry where the feature serves everyone."""
    for case, yes in table().items():
        if is_unlisted(case):
            stranger = persons_verdict(case._replace(role=Role.NONE)).allowed
            assert yes == stranger, case


def test_a_refused_job_learns_nothing_of_a_private_project():
    for case, yes in table().items():
        if is_unlisted(case) and not yes and case.visibility is Visibility.PRIVATE and case.role is Role.OWNER:
            assert verdict(case).refusal is Refusal.HIDDEN, case


def test_a_refused_job_learns_it_from_a_project_it_can_see():
    for case, yes in table().items():
        if is_unlisted(case) and not yes and case.visibility is Visibility.PUBLIC and case.role is Role.OWNER:
            assert verdict(case).refusal is Refusal.FORBIDDEN, case


def test_only_a_source_that_is_admitted_learns_which_permission_is_missing():
    cases = [case for case, yes in table().items() if not yes and verdict_is_permission(case)]
    assert cases
    assert all(case.entry in {"nothing", "needed", "all"} and case.limited and not case.own for case in cases)


def verdict_is_permission(case: Case) -> bool:
    return case.entry in {"nothing", "needed", "all"} and verdict(case).refusal is Refusal.PERMISSION


# --- Unknown is no ----------------------------------------------------------------------------------------------------

OPEN = Facts(
    Target(1, "acme/library", Visibility.PUBLIC, mode=InboundMode.OPEN), Role.OWNER, switch_on=False, entry=Entry(True)
)
EVERY_FEATURE = dict.fromkeys(Feature, FeatureLevel.ENABLED)
ALIVE = Job(70, 1, "acme/library", "running", False, False, Person(7, "developer"))


def test_an_unknown_action_is_refused():
    decision = decide(Person(1, "root", admin=True), "fly", OPEN)  # type: ignore[arg-type]
    assert (decision.allowed, decision.refusal) == (False, Refusal.HIDDEN)


@pytest.mark.parametrize("action", list(NEEDS))
def test_a_credential_that_is_worth_nothing_is_refused_everything(action: Action):
    assert decide(InvalidCredential(), action, OPEN).refusal is Refusal.UNAUTHENTICATED


@pytest.mark.parametrize("action", list(NEEDS))
def test_a_kind_of_caller_that_the_rules_do_not_know_is_refused(action: Action):
    class Unknown:
        """A credential of a kind that no rule mentions."""

    assert not decide(Unknown(), action, OPEN).allowed  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "action", [action for action in NEEDS if NEEDS[action].kind in {TargetKind.PROJECT, TargetKind.GROUP}]
)
def test_an_absent_target_is_refused_to_everyone(action: Action):
    for caller in (Anonymous(), Person(1, "root", admin=True), ALIVE):
        assert not decide(caller, action, NO_FACTS).allowed


@pytest.mark.parametrize("action", [action for action in NEEDS if NEEDS[action].feature])
def test_a_feature_whose_level_is_unknown_is_shut(action: Action):
    assert not decide(ALIVE, action, OPEN).allowed


@pytest.mark.parametrize("action", [action for action in NEEDS if not NEEDS[action].jobs])
def test_a_job_is_refused_what_job_tokens_never_serve_for(action: Action):
    assert not decide(ALIVE, action, OPEN).allowed


@pytest.mark.parametrize(
    "job",
    [
        *[Job(70, 1, "acme/library", state, False, False, ALIVE.person) for state in (
            "created", "pending", "success", "failed", "canceled", "skipped", "manual", "scheduled", "", "RUNNING"
        )],
        Job(70, 1, "acme/library", "running", True, False, ALIVE.person),
        Job(70, 1, "acme/library", "running", False, True, ALIVE.person),
        Job(70, 1, "acme/library", "running", False, False, None),
    ],
)  # fmt: skip
def test_a_dead_jobs_token_is_worth_nothing_even_on_a_public_project(job: Job):
    for action in table_actions():
        assert decide(job, action, OPEN).refusal is Refusal.UNAUTHENTICATED
    assert decide(job, Action.READ_OWN_JOB, NO_FACTS).refusal is Refusal.UNAUTHENTICATED


@pytest.mark.parametrize("state", ["running", "canceling"])
def test_a_token_lives_while_its_job_runs_and_cleans_up(state: str):
    job = Job(70, 1, "acme/library", state, False, False, ALIVE.person)
    assert decide(job, Action.READ_OWN_JOB, NO_FACTS).allowed


def test_a_blocked_persons_job_learns_that_they_are_blocked():
    blocked = Job(70, 1, "acme/library", "running", False, False, Person(7, "developer", active=False))
    assert decide(blocked, Action.READ_OWN_JOB, NO_FACTS).refusal is Refusal.BLOCKED


def test_a_disabled_feature_serves_nobody():
    off = FeatureLevel.DISABLED
    assert not [case for case in allowed_cases() if case.level is off and NEEDS[case.action].feature]


def table_actions() -> set[Action]:
    return {case.action for case in table()}
