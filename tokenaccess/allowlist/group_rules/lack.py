"""What keeps a source out of a project, as the lists are today."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tokenaccess.allowlist.group_rules.inherited import Match
from tokenaccess.policy import Action
from tokenaccess.policy.needs import NEEDS
from tokenaccess.policy.rules import grants

_ACTIONS = {str(action): action for action in Action}


class Lack(StrEnum):
    ENTRY = "entry"  # none that admits it, or a ceiling leaves nothing of it
    LAPSED = "lapsed"  # the nearest has expired or is suspended
    CONDITION = "condition"
    PERMISSION = "permission"


def lack_of(match: Match, actions: Iterable[str] = ()) -> Lack | None:
    """What the source lacks for these actions, as the log has them; None where it is admitted to all. Whether jobs meet
    the conditions of an entry cannot be said: it counts as lacking."""
    if match.effective is None:
        return Lack.ENTRY if match.entry is None or match.barred_by else Lack.LAPSED
    for name in actions:
        if name not in _ACTIONS or not grants(match.effective, NEEDS[_ACTIONS[name]]):
            return Lack.PERMISSION
    return Lack.CONDITION if match.effective.conditions else None
