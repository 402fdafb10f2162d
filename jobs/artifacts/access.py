"""Who may read an artifact: those who may see its job, unless the CI file says otherwise (resources.md §4)."""

from __future__ import annotations

from typing import Any

from tokenaccess.policy import Action, Caller, Facts, decide

_READ_ACTIONS = {
    "all": Action.READ_JOBS,
    "developer": Action.READ_INTERNAL_ARTIFACTS,
    "maintainer": Action.READ_GUARDED_ARTIFACTS,
}


def may_read(access: str, caller: Caller, facts: Facts) -> bool:
    """Whether the caller may read an artifact with the stored `access` (`none`: nobody). `facts`: of its project."""
    action = _READ_ACTIONS.get(access)
    return action is not None and decide(caller, action, facts).allowed


def declared_access(artifacts: dict[str, Any]) -> str:
    """The access that the keyword `artifacts` asks for, with `access` or the older `public: false`."""
    return str(artifacts.get("access") or ("developer" if artifacts.get("public") is False else "all"))
