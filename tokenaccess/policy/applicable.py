"""Which rules can say no to whom. All others pass whatever the facts are, so a decision does not ask them.

A rule that is in none of the tables below can refuse everybody. `decision.explain` asks every rule, and a test holds
the two against each other for all kinds of callers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import get_args

from tokenaccess.policy.actions import Action, TargetKind
from tokenaccess.policy.callers import Caller, DeployKey, DeployToken, InvalidCredential, Job, Person
from tokenaccess.policy.facts import Facts
from tokenaccess.policy.location import located
from tokenaccess.policy.needs import NEEDS, Needs
from tokenaccess.policy.rules import RULES, admitted, alive, declared, enabled, permitted, scoped, visible
from tokenaccess.policy.steps import Step

Rule = Callable[[Caller, Person | None, Action, Needs, Facts], Step]

_CALLERS: tuple[type, ...] = get_args(Caller)
# Rule → the only callers that it can refuse.
_ABOUT_CALLERS: Mapping[Rule, frozenset[type]] = MappingProxyType(
    {
        alive: frozenset({InvalidCredential, Person, Job}),
        scoped: frozenset({Person, DeployToken, DeployKey}),
        admitted: frozenset({Job}),
        declared: frozenset({Job}),
        permitted: frozenset({Job}),
        located: frozenset({Job}),
    }
)
# Rule → the only targets that it is about.
_ABOUT_TARGETS: Mapping[Rule, frozenset[TargetKind]] = MappingProxyType(
    {
        admitted: frozenset({TargetKind.PROJECT}),
        visible: frozenset({TargetKind.PROJECT, TargetKind.GROUP}),
        declared: frozenset({TargetKind.PROJECT}),
        permitted: frozenset({TargetKind.PROJECT}),
        enabled: frozenset({TargetKind.PROJECT}),
    }
)


def _can_refuse(rule: Rule, caller: type, needs: Needs) -> bool:
    if caller not in _ABOUT_CALLERS.get(rule, _CALLERS) or needs.kind not in _ABOUT_TARGETS.get(rule, TargetKind):
        return False
    return rule is not enabled or needs.feature is not None or needs.changes


# For a kind of caller and an action. For a kind that is not here all of them can.
APPLICABLE_RULES: Mapping[tuple[type, Action], tuple[Rule, ...]] = MappingProxyType(
    {
        (caller, action): tuple(rule for rule in RULES if _can_refuse(rule, caller, needs))
        for caller in _CALLERS
        for action, needs in NEEDS.items()
    }
)
