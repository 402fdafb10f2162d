"""The decision: the rules in order. The first that refuses is the reason."""

from __future__ import annotations

from typing import NamedTuple

from tokenaccess.policy.actions import NEEDS, Action
from tokenaccess.policy.callers import Caller
from tokenaccess.policy.facts import Facts
from tokenaccess.policy.rules import RULES
from tokenaccess.policy.steps import Refusal, Step

_UNKNOWN = Step("known", "No such action is known.", Refusal.HIDDEN)


class Decision(NamedTuple):
    action: Action
    reason: Step | None = None

    @property
    def allowed(self) -> bool:
        return self.reason is None

    @property
    def refusal(self) -> Refusal | None:
        return None if self.reason is None else self.reason.refusal

    @property
    def hides(self) -> bool:
        return self.refusal is Refusal.HIDDEN


def decide(caller: Caller, action: Action, facts: Facts) -> Decision:
    """One refusal refuses. The rules after it are not asked: they would make more of a hidden target than of none."""
    needs = NEEDS.get(action)
    if needs is None:
        return Decision(action, _UNKNOWN)
    for rule in RULES:
        step = rule(caller, action, needs, facts)
        if step.refusal is not None:
            return Decision(action, step)
    return Decision(action)


def explain(caller: Caller, action: Action, facts: Facts) -> tuple[Step, ...]:
    """What every rule has to say, for people who may know."""
    needs = NEEDS.get(action)
    return (_UNKNOWN,) if needs is None else tuple(rule(caller, action, needs, facts) for rule in RULES)
