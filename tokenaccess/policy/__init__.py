"""May they? The one place that decides. Standard library only: no database, no clock, no request.

    decision = decide(caller, Action.READ_PACKAGES, facts)
    decision.allowed, decision.refusal, decision.reason

`caller` says who asks, `facts` what is known about the target, both gathered beforehand (tokenaccess.load). Unknown is
no.
"""

from tokenaccess.policy.actions import Action
from tokenaccess.policy.callers import Anonymous, Caller, Impostor, Job, Person, Runner
from tokenaccess.policy.decision import Decision, decide, explain
from tokenaccess.policy.facts import Entry, Facts, Target
from tokenaccess.policy.refs import Deed, OnRef
from tokenaccess.policy.steps import Refusal, Step

__all__ = [
    "Action",
    "Anonymous",
    "Caller",
    "Decision",
    "Deed",
    "Entry",
    "Facts",
    "Impostor",
    "Job",
    "OnRef",
    "Person",
    "Refusal",
    "Runner",
    "Step",
    "Target",
    "decide",
    "explain",
]
