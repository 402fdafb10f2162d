"""The decision: the rules in order. The first that refuses is the reason."""

from __future__ import annotations

from typing import NamedTuple

from tokenaccess.policy.actions import Action
from tokenaccess.policy.applicable import APPLICABLE_RULES
from tokenaccess.policy.callers import Caller, Job, Person
from tokenaccess.policy.facts import Facts
from tokenaccess.policy.levels import InboundMode
from tokenaccess.policy.needs import NEEDS
from tokenaccess.policy.rules import RULES, person_of
from tokenaccess.policy.steps import Refusal, Step

_UNKNOWN = Step("known", "No such action is known.", Refusal.HIDDEN)


class Decision(NamedTuple):
    """`reason`: the step that refused. `trial`: of what was allowed, the step that would refuse it if the target, which
    only tries its limit, enforced it."""

    action: Action
    reason: Step | None = None
    trial: Step | None = None

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
    for rule in APPLICABLE_RULES.get((type(caller), action), RULES):
        step = rule(caller, person, action, needs, facts)
        if step.refusal is not None:
            return Decision(action, step)
    if facts.target is not None and facts.target.mode is InboundMode.TRIAL and isinstance(caller, Job):
        limit = decide(caller, action, enforce(facts))
        return Decision(action, None, limit.reason or limit.trial)
    return Decision(action) if step.in_trial is None else Decision(action, None, step)


def enforce(facts: Facts) -> Facts:
    """The same if the target enforced the limit that it tries."""
    return facts if facts.target is None else facts._replace(target=facts.target._replace(mode=InboundMode.ENFORCED))


def explain(caller: Caller, action: Action, facts: Facts) -> tuple[Step, ...]:
    """The verdict of every rule, for people who may know it. The first that refuses is the decision's reason; where
    none does, the first with `in_trial` is the decision's `trial`."""
    needs = NEEDS.get(action)
    if needs is None:
        return (_UNKNOWN,)
    person = person_of(caller)
    steps = tuple(rule(caller, person, action, needs, facts) for rule in RULES)
    if facts.target is None or facts.target.mode is not InboundMode.TRIAL or not isinstance(caller, Job):
        return steps
    enforced = (rule(caller, person, action, needs, enforce(facts)) for rule in RULES)
    return tuple(map(_in_trial, steps, enforced))


def _in_trial(step: Step, enforced: Step) -> Step:
    return Step(step.rule, enforced.sentence, None, enforced.refusal) if step.ok and not enforced.ok else step
