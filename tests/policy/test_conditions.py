"""The conditions of an allowlist entry: what each admits, what is an error, and the laws about all of them."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from jobs.models.pipeline import Source
from tokenaccess.policy import Action, Entry, Facts, Job, Person, Target, decide, explain
from tokenaccess.policy.conditions import (
    KEYS,
    MAX_VALUES,
    PIPELINE_SOURCES,
    BadCondition,
    Conditions,
    JobContext,
    conditions_from_text,
    conditions_of,
)
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.features import Feature
from tokenaccess.policy.group_rules import GroupRule, admission
from tokenaccess.policy.levels import FeatureLevel, InboundMode, Role, Visibility
from tokenaccess.policy.reasons import LAPSED_INBOUND

pytestmark = pytest.mark.pure

JOB = JobContext(
    protected=True, ref="release/1", tag=False, environment="production/eu", pipeline_source="push", fork=False,
    manual_retry=False, runner_tags=frozenset({"deploy"}), address="10.1.2.3",
)  # fmt: skip
TAG = JOB._replace(ref="v1", tag=True)
CALLER = Job(70, 2, "acme/app", "running", False, False, Person(7, "developer"))
TARGET = Target(
    1, "acme/library", Visibility.PRIVATE, dict.fromkeys(Feature, FeatureLevel.ENABLED), mode=InboundMode.ENFORCED
)


@pytest.mark.parametrize(
    ("asked", "job", "admitted"),
    [
        ({}, JOB, True),
        ({"protected_refs": True}, JOB, True),
        ({"protected_refs": True}, JOB._replace(protected=False), False),
        ({"protected_refs": False}, JOB._replace(protected=False), True),
        ({"branches": ["main", "release/*"]}, JOB, True),
        ({"branches": ["main"]}, JOB, False),
        ({"branches": ["release"]}, JOB, False),
        ({"branches": ["v*"]}, TAG, False),
        ({"tags": ["v*"]}, TAG, True),
        ({"tags": ["release/*"]}, JOB, False),
        ({"branches": ["main"], "tags": ["v*"]}, TAG, True),
        ({"environments": ["production/*"]}, JOB, True),
        ({"environments": ["staging"]}, JOB, False),
        ({"environments": ["*"]}, JOB._replace(environment=""), False),
        ({"pipeline_sources": ["schedule", "push"]}, JOB, True),
        ({"pipeline_sources": ["schedule"]}, JOB, False),
        ({"no_forks": True}, JOB, True),
        ({"no_forks": True}, JOB._replace(fork=True), False),
        ({"no_manual_retries": True}, JOB, True),
        ({"no_manual_retries": True}, JOB._replace(manual_retry=True), False),
        ({"runner_tags": ["mac", "deploy"]}, JOB, True),
        ({"runner_tags": ["mac"]}, JOB, False),
        ({"runner_tags": ["deploy"]}, JOB._replace(runner_tags=frozenset()), False),
        ({"runner_networks": ["10.0.0.0/8"]}, JOB, True),
        ({"runner_networks": ["10.0.0.0/8"]}, JOB._replace(address="::ffff:10.1.2.3"), True),
        ({"runner_networks": ["2001:db8::/32", "192.0.2.0/24"]}, JOB, False),
        ({"runner_networks": ["0.0.0.0/0", "::/0"]}, JOB._replace(address=""), False),
        ({"branches": ["release/*"], "pipeline_sources": ["web"]}, JOB, False),
        ({"made_by_a_later_version": True}, JOB, False),
        ({"branches": "release/1"}, JOB, False),
    ],
)
def test_every_condition_must_hold(asked: dict[str, Any], job: JobContext, admitted: bool):
    assert all(stored.refusal(job) == "" for stored in conditions_of(asked)) is admitted


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"protected_refs": True}, "protected branches and tags"),
        ({"branches": ["x"], "tags": ["v*"]}, "branches x or tags v*"),
        ({"environments": ["prod"]}, "environments prod"),
        ({"pipeline_sources": ["schedule"]}, "started by schedule"),
        ({"no_forks": True}, "no forks"),
        ({"no_manual_retries": True}, "retried by hand"),
        ({"runner_tags": ["mac"]}, "tagged mac"),
        ({"runner_networks": ["192.0.2.0/24"]}, "in 192.0.2.0/24"),
        ({"fly": True}, "condition fly is not known"),
    ],
)
def test_a_condition_that_is_not_met_is_named(asked: dict[str, Any], words: str):
    (stored,) = conditions_of(asked)
    worst = JobContext(False, "topic", False, "", "web", True, True, frozenset(), "")
    assert words in stored.refusal(worst)
    assert words in stored.refusal(None)
    assert "topic" not in stored.refusal(worst)  # it may be told where the job's project is hidden


def test_refusal_and_explanation_name_the_condition():
    conditions = Conditions(protected_refs=True)
    facts = Facts(TARGET, Role.OWNER, entry=Entry(True, conditions=(conditions,)), job_context=JOB)
    assert decide(CALLER, Action.READ_PACKAGES, facts).allowed
    facts = facts._replace(job_context=JOB._replace(protected=False))
    decision = decide(CALLER, Action.READ_PACKAGES, facts)
    assert decision.hides
    assert decision.reason
    assert decision.reason == next(step for step in explain(CALLER, Action.READ_PACKAGES, facts) if not step.ok)
    assert (decision.reason.rule, "protected" in decision.reason.sentence) == ("admitted", True)
    tried = facts._replace(target=TARGET._replace(mode=InboundMode.TRIAL))
    assert decide(CALLER, Action.READ_PACKAGES, tried).trial == decision.reason


def test_the_conditions_of_a_ceiling_count_besides_those_of_the_entry():
    own = Entry(True, conditions=(Conditions(no_forks=True),))
    most = Entry(False, frozenset({"read_packages"}), conditions=(Conditions(protected_refs=True),))
    left = admission(own, [GroupRule(5, True, most)])
    facts = Facts(TARGET, Role.OWNER, entry=left.entry, job_context=JOB)
    assert decide(CALLER, Action.READ_PACKAGES, facts).allowed
    for job in (JOB._replace(fork=True), JOB._replace(protected=False)):
        assert decide(CALLER, Action.READ_PACKAGES, facts._replace(job_context=job)).hides


@pytest.mark.parametrize("state", [EntryState.EXPIRED, EntryState.SUSPENDED])
def test_an_entry_that_lapsed_refuses_whatever_its_conditions_say(state: EntryState):
    facts = Facts(TARGET, Role.OWNER, entry=Entry(True, state=state), job_context=JOB)
    reason = decide(CALLER, Action.READ_PACKAGES, facts).reason
    assert reason
    assert reason.sentence == LAPSED_INBOUND[state]
    opened = facts._replace(target=TARGET._replace(mode=InboundMode.OPEN))
    assert decide(CALLER, Action.READ_PACKAGES, opened).allowed


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"fly": True}, "conditions: fly is not known"),
        ({"protected_refs": "yes"}, "conditions: protected_refs must be true or false"),
        ({"branches": "main"}, "conditions: branches must be a list"),
        ({"branches": []}, "conditions: branches is empty; leave it out to ask for nothing"),
        ({"branches": ["main", ""]}, "conditions: branches has '', which is not a name or pattern"),
        ({"tags": [7]}, "conditions: tags has 7, which is not a name or pattern"),
        ({"environments": ["a\nb"]}, r"conditions: environments has 'a\nb', which is not a name or pattern"),
        ({"runner_tags": ["x"] * (MAX_VALUES + 1)}, f"conditions: runner_tags has more than {MAX_VALUES} values"),
        ({"runner_networks": ["10.0.0.1/8"]}, "conditions: runner_networks has '10.0.0.1/8', which is not a network"),
        ({"pipeline_sources": ["moon"]}, "conditions: pipeline_sources has 'moon', which is not one of push, web"),
    ],
)
def test_what_is_badly_formed_is_an_error_that_names_it(asked: dict[str, Any], sentence: str):
    with pytest.raises(BadCondition) as caught:
        Conditions.parse(asked)
    assert caught.value.sentence.startswith(sentence)


def test_conditions_are_kept_without_what_is_not_asked_for():
    asked = {"protected_refs": True, "no_forks": False, "tags": ["v*", "v*"]}
    kept = Conditions.parse(asked).as_json()
    assert kept == {"protected_refs": True, "tags": ["v*"]}
    assert Conditions.parse(kept).as_json() == kept
    assert conditions_from_text("{}") == ()


def test_a_network_is_kept_without_the_space_around_it():
    kept = Conditions.parse({"runner_networks": ["10.0.0.0/8\n", " 10.0.0.0/8", "2001:db8::/32"]}).as_json()
    assert kept == {"runner_networks": ["10.0.0.0/8", "2001:db8::/32"]}


def test_pipeline_sources_are_those_that_pipelines_with_jobs_have():
    assert set(PIPELINE_SOURCES) == set(Source.values) - {Source.EXTERNAL}


def _some(chance: random.Random) -> Conditions:
    lists = {
        "branches": ["main", "release/*"], "tags": ["v*"], "environments": ["production/*", "staging"],
        "pipeline_sources": ["push", "web"], "runner_tags": ["deploy", "mac"],
        "runner_networks": ["10.0.0.0/8", "192.0.2.0/24"],
    }  # fmt: skip
    asked: dict[str, Any] = {
        key: chance.sample(values, chance.randint(1, len(values)))
        for key, values in lists.items()
        if chance.random() < 0.3
    }
    flags = {key: True for key in KEYS if key not in lists and chance.random() < 0.3}
    return Conditions.parse(asked | flags)


JOBS = [
    JobContext(protected, ref, tag, environment, source, fork, retry, tags, address)
    for protected, (ref, tag), environment, source, (fork, retry), tags, address in itertools.product(
        (True, False), (("main", False), ("v1", True), ("topic", False)), ("production/eu", "staging", ""),
        ("push", "schedule"), ((False, False), (True, False), (False, True)),
        (frozenset({"deploy"}), frozenset[str]()), ("10.1.2.3", "192.0.2.1", ""),
    )
]  # fmt: skip


def test_what_covers_admits_no_job_that_the_other_does_not():
    chance = random.Random(3)
    covering = 0
    for _ in range(3000):
        one, other = _some(chance), _some(chance)
        if one.covers(other):
            covering += 1
            wider = [job for job in JOBS if not one.refusal(job) and other.refusal(job)]
            assert not wider, (one, other, wider[0])
    assert covering > 100
    assert not Conditions().covers(Conditions(protected_refs=True))
    assert not Conditions(branches=("main",), tags=("v*",)).covers(Conditions(branches=("main",)))
    assert not Conditions().covers(Conditions(unknown="fly"))


def test_a_condition_more_admits_nobody_more():
    chance = random.Random(4)
    for _ in range(500):
        asked, more = _some(chance), _some(chance)
        both = Conditions.parse(more.as_json() | asked.as_json())
        assert both.covers(asked) or ({*both.branches, *both.tags} > {*asked.branches, *asked.tags} != set())
