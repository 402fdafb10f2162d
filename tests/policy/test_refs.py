"""Protected branches and tags, as the policy judges them."""

from __future__ import annotations

from itertools import product

import pytest

from tokenaccess.policy import Action, Facts, Person, ProtectedRefContext, RefOperation, Refusal, Target, decide
from tokenaccess.policy.features import Feature
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility
from tokenaccess.policy.protected_refs import Protection, matches

pytestmark = pytest.mark.pure

TARGET = Target(1, "acme/library", Visibility.PRIVATE, dict.fromkeys(Feature, FeatureLevel.ENABLED))
SOMEONE = Person(1, "someone")
LEVELS = (0, 30, 40)


@pytest.mark.parametrize(
    ("pattern", "name", "named"),
    [
        ("main", "main", True),
        ("main", "Main", False),
        ("main", "main2", False),
        ("*", "anything/at/all", True),
        ("release/*", "release/1.0", True),
        ("release/*", "release/", True),
        ("release/*", "release", False),
        ("release/*", "old/release/1", False),
        ("*-stable", "1-0-stable", True),
        ("*-stable", "stable", False),
        ("v*.*", "v1.0", True),
        ("v*.*", "v1", False),
        ("a*a", "a", False),
        ("a*b*c", "a-c-b", False),
        ("a*b*c", "a-b-b-c", True),
        ("**", "x", True),
        ("v.*", "vx1", False),
        ("[a-z]", "b", False),
        ("a?", "ab", False),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_does(pattern: str, name: str, named: bool) -> None:
    assert matches(pattern, name) is named


def test_no_pattern_takes_long() -> None:
    assert not matches("*a" * 120 + "b", "a" * 1000)


def is_allowed(
    role: Role, operation: RefOperation, *protections: Protection, tag: bool = False, action: Action = Action.PUSH_CODE
) -> bool:
    on_ref = ProtectedRefContext("main", tag, operation, protections)
    return decide(SOMEONE, action, Facts(TARGET, role, ref=on_ref)).allowed


@pytest.mark.parametrize(("push", "merge"), list(product(LEVELS, LEVELS)))
def test_each_level_opens_its_deeds_to_its_role_and_those_above(push: int, merge: int) -> None:
    protection = Protection("main", push, merge)
    for role in (Role.DEVELOPER, Role.MAINTAINER, Role.OWNER):
        pushes, merges = 0 < push <= role, 0 < merge <= role
        assert is_allowed(role, RefOperation.PUSH, protection) is pushes
        assert is_allowed(role, RefOperation.MERGE, protection) is merges
        assert is_allowed(role, RefOperation.RUN, protection, action=Action.RUN_PIPELINE) is (pushes or merges)
        assert is_allowed(role, RefOperation.DELETE, protection) is (role >= Role.MAINTAINER)
        assert is_allowed(role, RefOperation.FORCE_PUSH, protection) is False
        assert is_allowed(role, RefOperation.FORCE_PUSH, Protection("main", push, merge, force=True)) is pushes


def test_of_several_protections_the_most_generous_counts() -> None:
    strict, mild = Protection("main", 0, 0), Protection("m*", 30, 0, force=True)
    assert is_allowed(Role.DEVELOPER, RefOperation.PUSH, strict, mild)
    assert is_allowed(Role.DEVELOPER, RefOperation.FORCE_PUSH, strict, mild)
    assert not is_allowed(Role.OWNER, RefOperation.PUSH, strict)


def test_a_protected_tag_is_never_moved() -> None:
    assert is_allowed(Role.MAINTAINER, RefOperation.PUSH, Protection("v1", 40), tag=True)
    assert not is_allowed(Role.OWNER, RefOperation.FORCE_PUSH, Protection("v1", 40, force=True), tag=True)


@pytest.mark.parametrize("operation", list(RefOperation))
def test_a_protection_gives_nothing_that_a_role_does_not(operation: RefOperation) -> None:
    open_to_all = Protection("main", 30, 30, force=True)
    assert not is_allowed(Role.REPORTER, operation, open_to_all)
    assert not is_allowed(Role.REPORTER, operation)
    assert is_allowed(Role.DEVELOPER, operation)


def test_a_refusal_says_what_and_to_whom() -> None:
    decision = decide(
        SOMEONE,
        Action.PUSH_CODE,
        Facts(
            TARGET, Role.DEVELOPER, ref=ProtectedRefContext("main", False, RefOperation.PUSH, (Protection("main", 40),))
        ),
    )
    assert decision.refusal is Refusal.FORBIDDEN
    assert decision.reason is not None
    assert decision.reason.sentence == "The branch main is protected: someone, developer there, may not push to it."
