"""May they? The one place that decides. Standard library only: no database, no clock, no request.

    decision = decide(caller, Action.READ_PACKAGES, facts)
    decision.allowed, decision.refusal, decision.reason

`caller` says who asks, `facts` what is known about the target, both gathered beforehand (`access.facts`). Unknown is
no.
"""

from tokenaccess.policy.actions import Action
from tokenaccess.policy.callers import Anonymous, Caller, DeployKey, DeployToken, InvalidCredential, Job, Person
from tokenaccess.policy.decision import Decision, decide, explain
from tokenaccess.policy.facts import Entry, Facts, Target
from tokenaccess.policy.protected_refs import ProtectedRefContext, RefOperation
from tokenaccess.policy.steps import Refusal, Step

__all__ = [
    "Action",
    "Anonymous",
    "Caller",
    "Decision",
    "DeployKey",
    "DeployToken",
    "Entry",
    "Facts",
    "InvalidCredential",
    "Job",
    "Person",
    "ProtectedRefContext",
    "RefOperation",
    "Refusal",
    "Step",
    "Target",
    "decide",
    "explain",
]
