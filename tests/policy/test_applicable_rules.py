"""A decision leaves out the rules that cannot refuse the caller: it is the same as if every rule had been asked."""

from __future__ import annotations

import itertools

import pytest

from tokenaccess.policy import (
    Action,
    Anonymous,
    Caller,
    DeployKey,
    DeployToken,
    Entry,
    Facts,
    InvalidCredential,
    Job,
    Person,
    Target,
    decide,
    explain,
)
from tokenaccess.policy.addresses import AddressCheck
from tokenaccess.policy.callers import Upload
from tokenaccess.policy.features import Feature
from tokenaccess.policy.granular import GranularScope, Place
from tokenaccess.policy.levels import AddressMode, FeatureLevel, InboundMode, Role, Visibility
from tokenaccess.policy.narrowing import NOTHING

pytestmark = pytest.mark.pure

SOMEBODY = Person(7, "developer")
RUNNING = Job(70, 2, "acme/app", "running", False, False, SOMEBODY)
UPLOAD = Upload(frozenset({(1, "generic", "lib")}))
CALLERS: list[Caller] = [
    Anonymous(),
    InvalidCredential(),
    SOMEBODY,
    SOMEBODY._replace(active=False),
    SOMEBODY._replace(admin=True),
    SOMEBODY._replace(bot=True),
    SOMEBODY._replace(scopes=frozenset({"read_user"})),
    SOMEBODY._replace(only_project=9),
    SOMEBODY._replace(granular=(GranularScope("all_memberships", frozenset({"read_project"})),)),
    RUNNING,
    RUNNING._replace(project_id=1),
    RUNNING._replace(status="success"),
    RUNNING._replace(person=None),
    RUNNING._replace(person=SOMEBODY._replace(active=False)),
    RUNNING._replace(narrowing=NOTHING),
    RUNNING._replace(upload=UPLOAD),
    DeployToken(3, "deploy", frozenset({"read_repository"}), project_id=1),
    DeployKey(4, "key", frozenset({1}), {1: 7}),
    DeployKey(4, "key", frozenset({1})),
]
ELSEWHERE = AddressCheck(AddressMode.REFUSE, "192.0.2.1", "198.51.100.1", ())


def targets() -> list[Target | None]:
    on, off = dict.fromkeys(Feature, FeatureLevel.ENABLED), dict.fromkeys(Feature, FeatureLevel.DISABLED)
    known: list[Target | None] = [
        Target(1, "acme/library", visibility, features, archived=archived, mode=mode)
        for visibility, features, archived, mode in itertools.product(
            (Visibility.PRIVATE, Visibility.PUBLIC), (on, off), (False, True), (InboundMode.TRIAL, InboundMode.ENFORCED)
        )
    ]
    return [None, *known]


def situations() -> list[Facts]:
    place = Place(1, frozenset(), member=True)
    rows = itertools.product(targets(), (Role.NONE, Role.MAINTAINER), (None, Entry(False)), (None, ELSEWHERE))
    return [
        Facts(target, role, entry=entry, address=address, place=place, is_home=True)
        for target, role, entry, address in rows
    ]


@pytest.mark.parametrize("caller", CALLERS, ids=lambda caller: type(caller).__name__)
def test_a_decision_is_what_all_rules_say(caller: Caller):
    wrong = [
        (action, facts)
        for action, facts in itertools.product(Action, situations())
        if decide(caller, action, facts).reason
        != next((step for step in explain(caller, action, facts) if not step.ok), None)
    ]
    assert not wrong, f"{len(wrong)} times, e.g. {wrong[:2]}"
