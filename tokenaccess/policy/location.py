"""The rule about where a job's token is used."""

from __future__ import annotations

from tokenaccess.policy import passes
from tokenaccess.policy.actions import Action
from tokenaccess.policy.callers import Caller, Job, Person
from tokenaccess.policy.facts import Facts
from tokenaccess.policy.levels import AddressMode
from tokenaccess.policy.needs import Needs
from tokenaccess.policy.steps import Refusal, Step

USED_ELSEWHERE = "The token is not used from where its runner took the job."


def located(caller: Caller, person: Person | None, action: Action, needs: Needs, facts: Facts) -> Step:
    """A job's token is used from where its runner took the job, where the job's project or the target asks for that."""
    check = facts.address
    if check is None or not isinstance(caller, Job):
        return passes.ANYWHERE
    if check.used_from is None:
        return Step("located", "The token must be used from where its job runs; no address was given to compare.")
    if not check.is_elsewhere:
        return Step("located", "The token is used from where its job runs.")
    if check.mode is AddressMode.TRIAL:
        return Step("located", USED_ELSEWHERE, None, Refusal.FORBIDDEN)
    return Step("located", USED_ELSEWHERE, Refusal.FORBIDDEN)
