"""The decision: the rules' steps in order. The first that refuses is the reason."""

from __future__ import annotations

from typing import NamedTuple

from tokenaccess.policy.actions import NEEDS, Action
from tokenaccess.policy.callers import Caller
from tokenaccess.policy.facts import Facts
from tokenaccess.policy.rules import RULES
from tokenaccess.policy.steps import Refusal, Step


class Decision(NamedTuple):
    action: Action
    steps: tuple[Step, ...]
    reason: Step | None

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
    """All rules are asked, so that an explanation can show each; one refusal refuses."""
    needs = NEEDS.get(action)
    if needs is None:
        unknown = Step("known", "No such action is known.", Refusal.HIDDEN)
        return Decision(action, (unknown,), unknown)
    steps = tuple([rule(caller, action, needs, facts) for rule in RULES])
    reason = next((step for step in steps if step.refusal is not None), None)
    return Decision(action, steps, reason)
