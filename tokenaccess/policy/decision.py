"""The decision: the rules in order. The first that refuses is the reason."""

from __future__ import annotations

from typing import NamedTuple

from tokenaccess.policy.actions import NEEDS, Action
from tokenaccess.policy.callers import Caller, Job, Person
from tokenaccess.policy.facts import Facts
from tokenaccess.policy.rules import RULES, person_of
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
    """Stops at the first refusal; running later rules would take longer for a hidden target than for a missing one."""
    needs = NEEDS.get(action)
    if needs is None:
        return Decision(action, _UNKNOWN)
    # person_of, without the call: every request comes by here.
    person = caller.person if isinstance(caller, Job) else caller if isinstance(caller, Person) else None
    for rule in RULES:
        step = rule(caller, person, action, needs, facts)
        if step.refusal is not None:
            return Decision(action, step)
    return Decision(action)


def explain(caller: Caller, action: Action, facts: Facts) -> tuple[Step, ...]:
    """The verdict of every rule, for people who may know it."""
    needs = NEEDS.get(action)
    if needs is None:
        return (_UNKNOWN,)
    person = person_of(caller)
    return tuple(rule(caller, person, action, needs, facts) for rule in RULES)
