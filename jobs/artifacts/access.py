"""Who may read an artifact: whoever sees the job, unless its file says who (resources.md §4)."""

from __future__ import annotations

from typing import Any

from tokenaccess.policy import Action, Caller, Facts, decide

_READING = {
    "all": Action.READ_JOBS,
    "developer": Action.READ_INTERNAL_ARTIFACTS,
    "maintainer": Action.READ_GUARDED_ARTIFACTS,
}


def may_read(access: str, caller: Caller, facts: Facts) -> bool:
    """`access` as kept with the artifact; `facts` are about its project. `none` lets nobody."""
    action = _READING.get(access)
    return action is not None and decide(caller, action, facts).allowed


def wanted(artifacts: dict[str, Any]) -> str:
    """What a job's `artifacts` keyword says: `access`, or the older `public: false`."""
    return str(artifacts.get("access") or ("developer" if artifacts.get("public") is False else "all"))
