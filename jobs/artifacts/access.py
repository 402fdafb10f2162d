"""Who may read an artifact: those who may see its job, unless the CI file says otherwise (resources.md §4)."""

from __future__ import annotations

from typing import Any

from tokenaccess.policy import Action, Caller, Decision, Facts, decide

_READ_ACTIONS = {
    "all": Action.READ_JOBS,
    "developer": Action.READ_INTERNAL_ARTIFACTS,
    "maintainer": Action.READ_GUARDED_ARTIFACTS,
}


def may_read(access: str, caller: Caller, facts: Facts) -> bool:
    """Whether the caller may read an artifact with the stored `access` (`none`: nobody). `facts`: of its project."""
    found = read_decision(access, caller, facts)
    return found is not None and found[1].allowed


def read_decision(access: str, caller: Caller, facts: Facts) -> tuple[Action, Decision] | None:
    """What the caller has to be allowed for `may_read`, and whether they are; None if nobody may."""
    action = _READ_ACTIONS.get(access)
    return None if action is None else (action, decide(caller, action, facts))


def declared_access(artifacts: dict[str, Any]) -> str:
    """The access that the keyword `artifacts` asks for, with `access` or the older `public: false`."""
    return str(artifacts.get("access") or ("developer" if artifacts.get("public") is False else "all"))
