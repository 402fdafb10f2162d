"""The gate's word about one branch or tag: the action's usual rules, and the ref's protections with them.

    may_touch(request.access, Action.PUSH_CODE, Protections(project).on("main", deed=Deed.PUSH))

Whoever asks has been admitted to the project: what the gate knew then is judged again, with the ref as one fact more.
"""

from __future__ import annotations

from identity.models import User
from projects.models import Project
from tokenaccess import load
from tokenaccess.gate import Access
from tokenaccess.policy import Action, Facts, OnRef, decide


def may_touch(access: Access, action: Action, on_ref: OnRef) -> bool:
    """No statement."""
    return decide(access.caller, action, access.facts._replace(on_ref=on_ref)).allowed


def person_may(user: User, action: Action, on: Project, on_ref: OnRef | None = None) -> bool:
    """For services that act for a person without a request, as `gate.person_may`. One statement."""
    facts = Facts(load.plain_target(on), load.role_of(user, on), on_ref=on_ref)
    return decide(load.person_of(user), action, facts).allowed
